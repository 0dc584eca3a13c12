<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
<context>
    <name>states and alarms</name>
    <message>
        <source>NOT MONITORING</source>
        <translation>NICHT ÜBERWACHT</translation>
    </message>
    <message>
        <source>MONITORING</source>
        <translation>ÜBERWACHT</translation>
    </message>
    <message>
        <source>DEGRADED</source>
        <translation>EINGESCHRÄNKT</translation>
    </message>
    <message>
        <source>HELD</source>
        <translation>STANDBILD</translation>
    </message>
    <message>
        <source>LEARNING</source>
        <translation>LERNT</translation>
    </message>
    <message>
        <source>SETUP</source>
        <translation>EINRICHTUNG</translation>
    </message>
    <message>
        <source>HELD %1</source>
        <translation>STANDBILD %1</translation>
    </message>
    <message>
        <source>LEARNING %1</source>
        <translation>LERNT %1</translation>
    </message>
    <message>
        <source>SETUP %1</source>
        <translation>EINRICHTUNG %1</translation>
    </message>
    <message>
        <source>BLIND %1</source>
        <translation>BLIND %1</translation>
    </message>
    <message>
        <source>HIGH</source>
        <translation>HOCH</translation>
    </message>
    <message>
        <source>MEDIUM</source>
        <translation>MITTEL</translation>
    </message>
    <message>
        <source>LOW</source>
        <translation>NIEDRIG</translation>
    </message>
    <message>
        <source>STOP</source>
        <translation>STOPP</translation>
    </message>
    <message>
        <source>acknowledged</source>
        <translation>quittiert</translation>
    </message>
    <message>
        <source>latched</source>
        <translation>gehalten</translation>
    </message>
    <message>
        <source>raised %1 ago</source>
        <translation>vor %1 ausgelöst</translation>
    </message>
    <message>
        <source>+%1 more</source>
        <translation>+%1 weitere</translation>
    </message>
    <message>
        <source>%1  acknowledge</source>
        <translation>%1  quittieren</translation>
    </message>
    <message>
        <source>or</source>
        <translation>oder</translation>
    </message>
    <message>
        <source>and</source>
        <translation>und</translation>
    </message>
    <message>
        <source>lateral</source>
        <translation>lat.</translation>
    </message>
    <message>
        <source>posterior wall</source>
        <translation>Hinterkante</translation>
    </message>
    <message>
        <source>anterior wall</source>
        <translation>Vorderkante</translation>
    </message>
    <message>
        <source>disc above</source>
        <translation>Disk oben</translation>
    </message>
    <message>
        <source>disc below</source>
        <translation>Disk unten</translation>
    </message>
    <message>
        <source>discs</source>
        <translation>Disken</translation>
    </message>
    <message>
        <source>canal</source>
        <translation>Spinalkanal</translation>
    </message>
    <message>
        <source>vein</source>
        <translation>Vene</translation>
    </message>
    <message>
        <source>veins</source>
        <translation>Venen</translation>
    </message>
    <message>
        <source>foramen</source>
        <translation>Foramen</translation>
    </message>
    <message>
        <source>paravertebral</source>
        <translation>paravertebral</translation>
    </message>
    <message>
        <source>embolus</source>
        <translation>Embolus</translation>
    </message>
    <message>
        <source>volume</source>
        <translation>Volumen</translation>
    </message>
    <message>
        <source>outside</source>
        <translation>außerhalb</translation>
    </message>
    <message>
        <source>outside the body</source>
        <translation>außerhalb des Wirbels</translation>
    </message>
    <message>
        <source>posterior quarter</source>
        <translation>hinteres Viertel</translation>
    </message>
    <message>
        <source>posterior third</source>
        <translation>hinteres Drittel</translation>
    </message>
    <message>
        <source>%1 crossed by</source>
        <translation>%1 überschritten um</translation>
    </message>
    <message>
        <source>%1 crossed by %2</source>
        <translation>%1 überschritten um %2</translation>
    </message>
    <message>
        <source>crossed by %1</source>
        <translation>überschritten um %1</translation>
    </message>
    <message>
        <source>ap</source>
        <translation>AP</translation>
    </message>
    <message>
        <source>posterior wall %1 mm</source>
        <translation>Hinterkante %1 mm</translation>
    </message>
    <message>
        <source>vein %1 mm</source>
        <translation>Vene %1 mm</translation>
    </message>
    <message>
        <source>foramen %1 mm</source>
        <translation>Foramen %1 mm</translation>
    </message>
    <message>
        <source>posterior wall crossed by %1 mm</source>
        <translation>Hinterkante überschritten um %1 mm</translation>
    </message>
    <message>
        <source>vein crossed by %1 mm</source>
        <translation>Vene überschritten um %1 mm</translation>
    </message>
    <message>
        <source>foramen crossed by %1 mm</source>
        <translation>Foramen überschritten um %1 mm</translation>
    </message>
    <message>
        <source>volume %1 mL</source>
        <translation>Volumen %1 mL</translation>
    </message>
    <message>
        <source>canal leak</source>
        <translation>Austritt Spinalkanal</translation>
    </message>
    <message>
        <source>foramen leak</source>
        <translation>Austritt Foramen</translation>
    </message>
    <message>
        <source>vein leak</source>
        <translation>Austritt Vene</translation>
    </message>
    <message>
        <source>embolus leak</source>
        <translation>Zement verschleppt</translation>
    </message>
    <message>
        <source>volume leak</source>
        <translation>Austritt</translation>
    </message>
    <message>
        <source>paravertebral leak</source>
        <translation>Austritt neben dem Wirbel</translation>
    </message>
    <message>
        <source>disc above leak</source>
        <translation>Austritt Disk oben</translation>
    </message>
    <message>
        <source>disc below leak</source>
        <translation>Austritt Disk unten</translation>
    </message>
    <message>
        <source>canal leak %1 mm2</source>
        <translation>Austritt Spinalkanal %1 mm2</translation>
    </message>
    <message>
        <source>canal leak %1 mm²</source>
        <translation>Austritt Spinalkanal %1 mm²</translation>
    </message>
    <message>
        <source>cement carried away</source>
        <translation>Zement verschleppt</translation>
    </message>
    <message>
        <source>leak into the disc above</source>
        <translation>Austritt Disk oben</translation>
    </message>
    <message>
        <source>leak into the disc below</source>
        <translation>Austritt Disk unten</translation>
    </message>
    <message>
        <source>leak beside the body</source>
        <translation>Austritt neben dem Wirbel</translation>
    </message>
    <message>
        <source>leak out of the body</source>
        <translation>Austritt aus dem Wirbel</translation>
    </message>
    <message>
        <source>%1 (or %2)</source>
        <translation>%1 (oder %2)</translation>
    </message>
    <message>
        <source>cement runs</source>
        <translation>Zement läuft fort</translation>
    </message>
    <message>
        <source>cement runs at %1 mm/s: a vein?</source>
        <translation>Zement läuft mit %1 mm/s: Vene?</translation>
    </message>
    <message>
        <source>volume reached</source>
        <translation>Volumen erreicht</translation>
    </message>
    <message>
        <source>%1 mL injected</source>
        <translation>%1 mL injiziert</translation>
    </message>
    <message>
        <source>about %1 mL seen</source>
        <translation>etwa %1 mL gesehen</translation>
    </message>
    <message>
        <source>volume reached: %1, planned %2 mL</source>
        <translation>Volumen erreicht: %1, geplant %2 mL</translation>
    </message>
    <message>
        <source>volume reached: %1, %L2 %3 mL</source>
        <translation>Volumen erreicht: %1, %L2 %3 mL</translation>
    </message>
    <message>
        <source>large volume in a lytic level</source>
        <translation>großes Volumen bei Lyse</translation>
    </message>
    <message>
        <source>large volume in a lytic level with a wall defect: %1</source>
        <translation>großes Volumen bei Lyse mit Hinterkantendefekt: %1</translation>
    </message>
    <message>
        <source>injected cement is not seen</source>
        <translation>injizierter Zement nicht zu sehen</translation>
    </message>
    <message>
        <source>injected cement is not seen: %1 of %2 mL</source>
        <translation>injizierter Zement nicht zu sehen: %1 von %2 mL</translation>
    </message>
    <message>
        <source>front stands while cement is injected</source>
        <translation>Front steht trotz Injektion</translation>
    </message>
    <message>
        <source>front stands while cement is injected: %1 mL</source>
        <translation>Front steht trotz Injektion: %1 mL</translation>
    </message>
    <message>
        <source>more levels than are usual in one session</source>
        <translation>mehr Höhen als in einer Sitzung üblich</translation>
    </message>
    <message>
        <source>more levels than are usual in one session: %1</source>
        <translation>mehr Höhen als in einer Sitzung üblich: %1</translation>
    </message>
    <message>
        <source>cement is still thin: it leaks more</source>
        <translation>Zement noch dünn: tritt eher aus</translation>
    </message>
    <message>
        <source>cement has thickened: working time</source>
        <translation>Zement angedickt: Verarbeitungszeit</translation>
    </message>
    <message>
        <source>cement is hardening: no more injection</source>
        <translation>Zement härtet: nicht mehr injizieren</translation>
    </message>
    <message>
        <source>cement is still thin: it leaks more (%1 min from mixing)</source>
        <translation>Zement noch dünn: tritt eher aus (%1 min ab Anmischen)</translation>
    </message>
    <message>
        <source>cement has thickened: working time (%1 min from mixing)</source>
        <translation>Zement angedickt: Verarbeitungszeit (%1 min ab Anmischen)</translation>
    </message>
    <message>
        <source>cement is hardening: no more injection (%1 min from mixing)</source>
        <translation>Zement härtet: nicht mehr injizieren (%1 min ab Anmischen)</translation>
    </message>
    <message>
        <source>cement is still thin: it leaks more (%1 min from mixing, %L2)</source>
        <translation>Zement noch dünn: tritt eher aus (%1 min ab Anmischen, %L2)</translation>
    </message>
    <message>
        <source>cement has thickened: working time (%1 min from mixing, %L2)</source>
        <translation>Zement angedickt: Verarbeitungszeit (%1 min ab Anmischen, %L2)</translation>
    </message>
    <message>
        <source>cement is hardening: no more injection (%1 min from mixing, %L2)</source>
        <translation>Zement härtet: nicht mehr injizieren (%1 min ab Anmischen, %L2)</translation>
    </message>
    <message>
        <source>withdraw the cannula before the cement hardens</source>
        <translation>Kanüle zurückziehen, bevor der Zement härtet</translation>
    </message>
    <message>
        <source>grown while unwatched</source>
        <translation>unbeobachtet gewachsen</translation>
    </message>
    <message>
        <source>grown while unwatched: %1 mm2 before, %2 mm2 after %3 s</source>
        <translation>unbeobachtet gewachsen: %1 mm2 zuvor, %2 mm2 nach %3 s</translation>
    </message>
    <message>
        <source>watched again: %1 mm2 before, %2 mm2 after %3 s</source>
        <translation>wieder überwacht: %1 mm2 zuvor, %2 mm2 nach %3 s</translation>
    </message>
    <message>
        <source>nothing is watched; check the beam and the video cable</source>
        <translation>nichts wird überwacht; Strahlung und Videokabel prüfen</translation>
    </message>
    <message>
        <source>nothing is watched until the picture is on time again</source>
        <translation>nichts wird überwacht, bis das Bild wieder rechtzeitig kommt</translation>
    </message>
    <message>
        <source>turn back to a marked view, or mark this one</source>
        <translation>zurück zu einer markierten Ansicht, oder diese markieren</translation>
    </message>
    <message>
        <source>nothing is watched; check the video cable</source>
        <translation>nichts wird überwacht; Videokabel prüfen</translation>
    </message>
    <message>
        <source>nothing is watched any more</source>
        <translation>nichts wird mehr überwacht</translation>
    </message>
    <message>
        <source>stop injecting, or go on by eye alone</source>
        <translation>nicht weiter injizieren, oder nur nach Augenmaß</translation>
    </message>
    <message>
        <source>growth meanwhile cannot be excluded</source>
        <translation>Wachstum nicht auszuschließen</translation>
    </message>
    <message>
        <source>nothing is watched yet</source>
        <translation>noch wird nichts überwacht</translation>
    </message>
    <message>
        <source>nothing is watched yet; keep still, do not inject</source>
        <translation>noch wird nichts überwacht; ruhig halten, nicht injizieren</translation>
    </message>
    <message>
        <source>nothing is watched until the image is live again</source>
        <translation>nichts wird überwacht, bis das Bild wieder live ist</translation>
    </message>
    <message>
        <source>cause not known</source>
        <translation>Ursache unbekannt</translation>
    </message>
    <message>
        <source>getting ready</source>
        <translation>wird vorbereitet</translation>
    </message>
    <message>
        <source>reference and noise</source>
        <translation>Referenz und Rauschen</translation>
    </message>
    <message>
        <source>the image stands still</source>
        <translation>das Bild steht</translation>
    </message>
    <message>
        <source>nothing is watched</source>
        <translation>nichts wird überwacht</translation>
    </message>
    <message>
        <source>watching %1</source>
        <translation>überwacht: %1</translation>
    </message>
    <message>
        <source>%1 partly hidden</source>
        <translation>teils verdeckt: %1</translation>
    </message>
    <message>
        <source>%1 partly</source>
        <translation>teilweise: %1</translation>
    </message>
    <message>
        <source>%1 not watched</source>
        <translation>nicht überwacht: %1</translation>
    </message>
    <message>
        <source>%1 not marked</source>
        <translation>nicht markiert: %1</translation>
    </message>
    <message>
        <source>both planes %1</source>
        <translation>beide Ebenen %1</translation>
    </message>
    <message>
        <source>patient moved %1 mm</source>
        <translation>Patient um %1 mm bewegt</translation>
    </message>
    <message>
        <source>patient or table moved %1 mm</source>
        <translation>Patient oder Tisch um %1 mm bewegt</translation>
    </message>
    <message>
        <source>learning again, about %1 s</source>
        <translation>lernt neu, etwa %1 s</translation>
    </message>
    <message>
        <source>two breaths, %1 s left</source>
        <translation>zwei Atemzüge, noch %1 s</translation>
    </message>
    <message>
        <source>learning the image without cement, about %1 s</source>
        <translation>lernt das Bild ohne Zement, etwa %1 s</translation>
    </message>
    <message>
        <source>no image</source>
        <translation>kein Bild</translation>
    </message>
    <message>
        <source>no image yet</source>
        <translation>noch kein Bild</translation>
    </message>
    <message>
        <source>no new result</source>
        <translation>kein neues Ergebnis</translation>
    </message>
    <message>
        <source>no image for %1 s</source>
        <translation>kein Bild seit %1 s</translation>
    </message>
    <message>
        <source>beam off, last image held</source>
        <translation>Strahlung aus, letztes Bild steht</translation>
    </message>
    <message>
        <source>image held for %1 s</source>
        <translation>Bild steht seit %1 s</translation>
    </message>
    <message>
        <source>room to record for %1 min</source>
        <translation>Platz für %1 min Aufzeichnung</translation>
    </message>
    <message>
        <source>room to record for less than a minute</source>
        <translation>Platz für weniger als 1 min Aufzeichnung</translation>
    </message>
    <message>
        <source>little room is left to record</source>
        <translation>wenig Platz für die Aufzeichnung</translation>
    </message>
    <message>
        <source>the disk is full: no images are recorded</source>
        <translation>Datenträger voll: keine Bilder werden aufgezeichnet</translation>
    </message>
    <message>
        <source>room to record about %1 min</source>
        <translation>Platz für etwa %1 min Aufzeichnung</translation>
    </message>
    <message>
        <source>only room to record about %1 min</source>
        <translation>nur Platz für etwa %1 min Aufzeichnung</translation>
    </message>
    <message>
        <source>room to record about %1 h</source>
        <translation>Platz für etwa %1 h Aufzeichnung</translation>
    </message>
    <message>
        <source>only room to record about %1 h</source>
        <translation>nur Platz für etwa %1 h Aufzeichnung</translation>
    </message>
    <message>
        <source>how much can be recorded is not known</source>
        <translation>wie viel aufgezeichnet werden kann, ist nicht bekannt</translation>
    </message>
    <message>
        <source>%1 MB are free, at least %2 MB are needed to record</source>
        <translation>%1 MB sind frei, zum Aufzeichnen sind mindestens %2 MB nötig</translation>
    </message>
    <message>
        <source>recording falls behind</source>
        <translation>Aufzeichnung stockt</translation>
    </message>
    <message>
        <source>recording fails: %L1</source>
        <translation>Aufzeichnung schlägt fehl: %L1</translation>
    </message>
    <message>
        <source>acquired %L1, %2 ago</source>
        <translation>aufgenommen %L1, vor %2</translation>
    </message>
    <message>
        <source>received %L1, %2 ago</source>
        <translation>empfangen %L1, vor %2</translation>
    </message>
    <message>
        <source>waiting for the first run</source>
        <translation>wartet auf den ersten Lauf</translation>
    </message>
    <message>
        <source>waiting for the next run</source>
        <translation>wartet auf den nächsten Lauf</translation>
    </message>
    <message>
        <source>the last is not monitored: %1</source>
        <translation>letzter passt nicht: %1</translation>
    </message>
    <message>
        <source>nothing is watched until it comes; go on by eye alone</source>
        <translation>nichts wird überwacht, bis er kommt; allein nach Augenmaß weiter</translation>
    </message>
    <message>
        <source>NEAR-LIVE</source>
        <translation>NICHT LIVE</translation>
    </message>
    <message>
        <source>%1 x %2, not %3 x %4</source>
        <translation>%1 x %2 statt %3 x %4</translation>
    </message>
    <message>
        <source>%1 is too small</source>
        <translation>%1 ist zu klein</translation>
    </message>
    <message>
        <source>of another patient, by its number</source>
        <translation>anderer Patient, nach seiner Nummer</translation>
    </message>
    <message>
        <source>other values than in the runs before</source>
        <translation>andere Werte als in den Läufen davor</translation>
    </message>
    <message>
        <source>another field of view</source>
        <translation>anderes Bildfeld</translation>
    </message>
    <message>
        <source>another detector distance</source>
        <translation>anderer Detektorabstand</translation>
    </message>
    <message>
        <source>another pixel spacing</source>
        <translation>anderer Pixelabstand</translation>
    </message>
    <message>
        <source>%1, which the plan has not</source>
        <translation>%1, was der Plan nicht hat</translation>
    </message>
    <message>
        <source>it was not played before the end</source>
        <translation>bis zum Ende nicht gespielt</translation>
    </message>
    <message>
        <source>waiting for the first image</source>
        <translation>wartet auf das erste Bild</translation>
    </message>
    <message>
        <source>nobody would notice if this window froze</source>
        <translation>niemand würde merken, wenn dieses Fenster stehen bliebe</translation>
    </message>
    <message>
        <source>image source lost: %L1</source>
        <translation>Bildquelle verloren: %L1</translation>
    </message>
    <message>
        <source>the recording has ended</source>
        <translation>die Aufnahme ist zu Ende</translation>
    </message>
    <message>
        <source>internal fault: a thread has stopped</source>
        <translation>interner Fehler: ein Teilprozess steht</translation>
    </message>
    <message>
        <source>internal fault: %L1</source>
        <translation>interner Fehler: %L1</translation>
    </message>
    <message>
        <source>processing is %1 s behind</source>
        <translation>Verarbeitung %1 s im Rückstand</translation>
    </message>
    <message>
        <source>the monitor was restarted</source>
        <translation>die Überwachung wurde neu gestartet</translation>
    </message>
    <message>
        <source>the monitor was restarted; cement from before may not be seen</source>
        <translation>Überwachung neu gestartet; Zement von vorher ist womöglich nicht zu sehen</translation>
    </message>
    <message>
        <source>the monitor was restarted; alarms and cement from before are not known</source>
        <translation>Überwachung neu gestartet; Alarme und Zement von vorher sind nicht bekannt</translation>
    </message>
    <message>
        <source>the collimator has moved</source>
        <translation>die Blende hat sich bewegt</translation>
    </message>
    <message>
        <source>the collimator moves</source>
        <translation>die Blende bewegt sich</translation>
    </message>
    <message>
        <source>%1 is out of the field of view</source>
        <translation>%1 liegt außerhalb des Bildfelds</translation>
    </message>
    <message>
        <source>hand or instrument in the field</source>
        <translation>Hand oder Instrument im Bildfeld</translation>
    </message>
    <message>
        <source>an instrument or gas has moved</source>
        <translation>Instrument oder Gas hat sich bewegt</translation>
    </message>
    <message>
        <source>an instrument or gas moves at %1: around it nothing can be seen</source>
        <translation>Instrument oder Gas bewegt sich bei %1: ringsum ist nichts zu sehen</translation>
    </message>
    <message>
        <source>only cement thicker than %1 mm would be seen</source>
        <translation>nur Zement über %1 mm Dicke wäre zu sehen</translation>
    </message>
    <message>
        <source>poor image: %1</source>
        <translation>schlechtes Bild: %1</translation>
    </message>
    <message>
        <source>image too poor: %1</source>
        <translation>Bild zu schlecht: %1</translation>
    </message>
    <message>
        <source>image too poor to follow the bone (%1 mm)</source>
        <translation>Bild zu schlecht, um dem Knochen zu folgen (%1 mm)</translation>
    </message>
    <message>
        <source>noise %1 times that of the reference</source>
        <translation>Rauschen %1-mal so stark wie in der Referenz</translation>
    </message>
    <message>
        <source>image saturated at %1</source>
        <translation>Bild bei %1 übersteuert</translation>
    </message>
    <message>
        <source>image too dark at %1: %2 grey levels</source>
        <translation>Bild bei %1 zu dunkel: %2 Graustufen</translation>
    </message>
    <message>
        <source>bone at %1 too faint to follow: only gross changes are seen</source>
        <translation>Knochen bei %1 zu schwach: nur grobe Änderungen sind zu sehen</translation>
    </message>
    <message>
        <source>the image is not the marked view</source>
        <translation>das Bild ist nicht die markierte Ansicht</translation>
    </message>
    <message>
        <source>image looks inverted: check polarity</source>
        <translation>Bild scheint invertiert: Polarität prüfen</translation>
    </message>
    <message>
        <source>image has been inverted: check polarity</source>
        <translation>Bild wurde invertiert: Polarität prüfen</translation>
    </message>
    <message>
        <source>the image has been turned</source>
        <translation>das Bild wurde gedreht</translation>
    </message>
    <message>
        <source>cement from before this view was first seen is not shown in it</source>
        <translation>Zement von vor dem ersten Blick in diese Ansicht wird darin nicht gezeigt</translation>
    </message>
    <message>
        <source>image size changed to %1 x %2, planned on %3 x %4</source>
        <translation>Bildgröße jetzt %1 x %2, geplant auf %3 x %4</translation>
    </message>
    <message>
        <source>image depth changed from %1 to %2 bit</source>
        <translation>Bildtiefe von %1 auf %2 Bit geändert</translation>
    </message>
    <message>
        <source>brightness changed by %1 %</source>
        <translation>Helligkeit um %1 % geändert</translation>
    </message>
    <message>
        <source>the monitor's window does not answer</source>
        <translation>das Fenster der Überwachung antwortet nicht</translation>
    </message>
    <message>
        <source>the monitor does not answer</source>
        <translation>die Überwachung antwortet nicht</translation>
    </message>
    <message>
        <source>the monitor has died</source>
        <translation>die Überwachung ist abgestürzt</translation>
    </message>
    <message>
        <source>starting it again</source>
        <translation>Neustart läuft</translation>
    </message>
    <message>
        <source>growth meanwhile cannot be excluded: stop injecting, or go on by eye alone</source>
        <translation>Wachstum nicht auszuschließen: nicht injizieren, oder nur nach Augenmaß</translation>
    </message>
    <message>
        <source>NOT MONITORING  ·  display fault</source>
        <translation>NICHT ÜBERWACHT  ·  Anzeigefehler</translation>
    </message>
    <message>
        <source>NOT MONITORING  ·  starting</source>
        <translation>NICHT ÜBERWACHT  ·  startet</translation>
    </message>
    <message>
        <source>not monitoring</source>
        <translation>nicht überwacht</translation>
    </message>
    <message>
        <source>degraded</source>
        <translation>eingeschränkt</translation>
    </message>
    <message>
        <source>not monitoring: %1</source>
        <translation>nicht überwacht: %1</translation>
    </message>
    <message>
        <source>degraded: %1</source>
        <translation>eingeschränkt: %1</translation>
    </message>
</context>
<context>
    <name>overlay</name>
    <message>
        <source>Research and training software. Not a medical device.</source>
        <translation>Forschungs- und Übungssoftware. Kein Medizinprodukt.</translation>
    </message>
    <message>
        <source>Research and training software, not a medical device</source>
        <translation>Forschungs- und Übungssoftware, kein Medizinprodukt</translation>
    </message>
    <message>
        <source>rec</source>
        <translation>REC</translation>
    </message>
    <message>
        <source>not recording</source>
        <translation>kein REC</translation>
    </message>
    <message>
        <source>rec – –</source>
        <translation>REC – –</translation>
    </message>
    <message>
        <source>cement</source>
        <translation>Zement</translation>
    </message>
    <message>
        <source>beam on %1</source>
        <translation>Strahlung %1</translation>
    </message>
    <message>
        <source>session %1</source>
        <translation>Sitzung %1</translation>
    </message>
    <message>
        <source>thin until %1</source>
        <translation>dünn bis %1</translation>
    </message>
    <message>
        <source>working until %1</source>
        <translation>verarbeitbar bis %1</translation>
    </message>
    <message>
        <source>hardening since %1</source>
        <translation>härtet seit %1</translation>
    </message>
    <message>
        <source>phase not known</source>
        <translation>Phase unbekannt</translation>
    </message>
    <message>
        <source>general times</source>
        <translation>allgemeine Zeiten</translation>
    </message>
    <message>
        <source>%1 unchecked</source>
        <translation>%1 ungeprüft</translation>
    </message>
    <message>
        <source>%1 unchecked for %2</source>
        <translation>%1 ungeprüft %2</translation>
    </message>
    <message>
        <source>audio paused %1</source>
        <translation>Ton aus %1</translation>
    </message>
    <message>
        <source>no sound: the output fails</source>
        <translation>kein Ton: Ausgabe fällt aus</translation>
    </message>
    <message>
        <source>no sound: no device</source>
        <translation>kein Ton: kein Gerät</translation>
    </message>
    <message>
        <source>no sound: device takes no 44.1 kHz</source>
        <translation>kein Ton: Gerät ohne 44.1 kHz</translation>
    </message>
    <message>
        <source>no sound: aplay fails</source>
        <translation>kein Ton: aplay fällt aus</translation>
    </message>
    <message>
        <source>no sound: Qt cannot play here</source>
        <translation>kein Ton: Qt kann hier nicht abspielen</translation>
    </message>
    <message>
        <source>no sound: %L1</source>
        <translation>kein Ton: %L1</translation>
    </message>
    <message>
        <source>no speech: no engine</source>
        <translation>keine Sprache: nicht vorhanden</translation>
    </message>
    <message>
        <source>no speech: the engine fails</source>
        <translation>keine Sprache: fällt aus</translation>
    </message>
    <message>
        <source>no speech: %L1 fails</source>
        <translation>keine Sprache: %L1 fällt aus</translation>
    </message>
    <message>
        <source>no speech: %L1</source>
        <translation>keine Sprache: %L1</translation>
    </message>
    <message>
        <source>contact in</source>
        <translation>Kontakt in</translation>
    </message>
    <message>
        <source>also: %1</source>
        <translation>auch: %1</translation>
    </message>
    <message>
        <source>at least %1</source>
        <translation>mind. %1</translation>
    </message>
    <message>
        <source>at most %1</source>
        <translation>max. %1</translation>
    </message>
    <message>
        <source>may be crossed</source>
        <translation>evtl. überschritten</translation>
    </message>
    <message>
        <source>over %1</source>
        <translation>über %1</translation>
    </message>
    <message>
        <source>speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>drawing back</source>
        <translation>weicht zurück</translation>
    </message>
    <message>
        <source>standing</source>
        <translation>steht</translation>
    </message>
    <message>
        <source>going on</source>
        <translation>läuft weiter</translation>
    </message>
    <message>
        <source>nearing</source>
        <translation>nähert sich</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>nearest structure</source>
        <translation>nächste Struktur</translation>
    </message>
    <message>
        <source>no cement detected yet</source>
        <translation>noch kein Zement erkannt</translation>
    </message>
    <message>
        <source>nothing to measure from</source>
        <translation>nichts zu messen</translation>
    </message>
    <message>
        <source>nothing measured yet</source>
        <translation>noch nichts gemessen</translation>
    </message>
    <message>
        <source>last seen %1 ago</source>
        <translation>zuletzt gesehen vor %1</translation>
    </message>
    <message>
        <source>last image %1 ago</source>
        <translation>letztes Bild vor %1</translation>
    </message>
    <message>
        <source>distance to %1, last %2 s</source>
        <translation>Abstand: %1, letzte %2 s</translation>
    </message>
    <message>
        <source>distance, last %1 s</source>
        <translation>Abstand, letzte %1 s</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>by level: volume, part of the body filled, leaks</source>
        <translation>je Höhe: Volumen, Füllung des Wirbels, Austritte</translation>
    </message>
    <message>
        <source>and %1 more level</source>
        <translation>und %1 weitere Höhe</translation>
    </message>
    <message>
        <source>and %1 more levels</source>
        <translation>und %1 weitere Höhen</translation>
    </message>
    <message>
        <source>of %1</source>
        <translation>/ %1</translation>
    </message>
    <message>
        <source>last %1</source>
        <translation>zuletzt %1</translation>
    </message>
    <message>
        <source>fill %1 %</source>
        <translation>%1 % voll</translation>
    </message>
    <message>
        <source>not calibrated</source>
        <translation>nicht kalibriert</translation>
    </message>
    <message>
        <source>volume: not calibrated</source>
        <translation>Volumen: nicht kalibriert</translation>
    </message>
    <message>
        <source>1 leak</source>
        <translation>1 Leck</translation>
    </message>
    <message>
        <source>%1 leaks</source>
        <translation>%1 Lecks</translation>
    </message>
    <message>
        <source>watched, and the thinnest cement that would be seen now</source>
        <translation>überwacht, und dünnster Zement, der jetzt zu sehen wäre</translation>
    </message>
    <message>
        <source>watched in either plane; thinnest cement seen</source>
        <translation>überwacht je Ebene; dünnster sichtbarer Zement</translation>
    </message>
    <message>
        <source>partly hidden</source>
        <translation>teils verdeckt</translation>
    </message>
    <message>
        <source>not watched</source>
        <translation>nicht überwacht</translation>
    </message>
    <message>
        <source>not marked</source>
        <translation>nicht markiert</translation>
    </message>
    <message>
        <source>– –  nothing is watched</source>
        <translation>– –  nichts wird überwacht</translation>
    </message>
    <message>
        <source>– –  not watched</source>
        <translation>– –  nicht überwacht</translation>
    </message>
    <message>
        <source>none detected in the zones that are watched</source>
        <translation>in den überwachten Zonen keine erkannt</translation>
    </message>
    <message>
        <source>%1 not watched; none seen in the other</source>
        <translation>%1 nicht überwacht; in der anderen keine</translation>
    </message>
    <message>
        <source>leaks</source>
        <translation>Austritte</translation>
    </message>
    <message>
        <source>leak: %1</source>
        <translation>Austritt: %1</translation>
    </message>
    <message>
        <source>for %1</source>
        <translation>seit %1</translation>
    </message>
    <message>
        <source>detached</source>
        <translation>abgelöst</translation>
    </message>
    <message>
        <source>by %1</source>
        <translation>nach %1</translation>
    </message>
    <message>
        <source>one level only: %1</source>
        <translation>nur eine Höhe: %1</translation>
    </message>
    <message>
        <source>one level only</source>
        <translation>nur eine Höhe</translation>
    </message>
    <message>
        <source>one view only: %L1</source>
        <translation>nur eine Ansicht: %L1</translation>
    </message>
    <message>
        <source>one view only</source>
        <translation>nur eine Ansicht</translation>
    </message>
    <message>
        <source>%L1 chosen; alarms come first</source>
        <translation>%L1 gewählt; Alarme gehen vor</translation>
    </message>
    <message>
        <source>figures of the nearest level</source>
        <translation>Werte der nächstgelegenen Höhe</translation>
    </message>
    <message>
        <source>figures of the nearest view</source>
        <translation>Werte der nächstgelegenen Ansicht</translation>
    </message>
    <message>
        <source>processing %1 ms, the room's delay before it is not known</source>
        <translation>Verarbeitung %1 ms, Verzögerung des Raums davor unbekannt</translation>
    </message>
    <message>
        <source>glass to alarm %1 ms (%2 capture + %3 processing)</source>
        <translation>Bild bis Alarm %1 ms (%2 Aufnahme + %3 Verarbeitung)</translation>
    </message>
    <message>
        <source>%L1 measured</source>
        <translation>%L1 gemessen</translation>
    </message>
    <message>
        <source>monitoring a live source: quit again within 3 s</source>
        <translation>Live-Quelle wird überwacht: zum Beenden binnen 3 s wiederholen</translation>
    </message>
    <message>
        <source>to quit: Ctrl+Q</source>
        <translation>Beenden: Ctrl+Q</translation>
    </message>
    <message>
        <source>%L1  acknowledge</source>
        <translation>%L1  quittieren</translation>
    </message>
    <message>
        <source>%L1  next level</source>
        <translation>%L1  nächste Höhe</translation>
    </message>
    <message>
        <source>%L1  mark</source>
        <translation>%L1  merken</translation>
    </message>
    <message>
        <source>?  all keys</source>
        <translation>?  alle Tasten</translation>
    </message>
    <message>
        <source>acknowledge all alarms</source>
        <translation>alle Alarme quittieren</translation>
    </message>
    <message>
        <source>figures of the next level (or view)</source>
        <translation>Werte der nächsten Höhe (oder Ansicht)</translation>
    </message>
    <message>
        <source>wedge %1 ± %2°: wedge, mild</source>
        <translation>Keilwinkel %1 ± %2°: Keilform, leicht</translation>
    </message>
    <message>
        <source>wedge %1 ± %2°: wedge, moderate</source>
        <translation>Keilwinkel %1 ± %2°: Keilform, mittel</translation>
    </message>
    <message>
        <source>wedge %1 ± %2°: wedge, severe</source>
        <translation>Keilwinkel %1 ± %2°: Keilform, schwer</translation>
    </message>
    <message>
        <source>wedge %1 ± %2°: biconcave, mild</source>
        <translation>Keilwinkel %1 ± %2°: bikonkav, leicht</translation>
    </message>
    <message>
        <source>wedge %1 ± %2°: biconcave, moderate</source>
        <translation>Keilwinkel %1 ± %2°: bikonkav, mittel</translation>
    </message>
    <message>
        <source>wedge %1 ± %2°: biconcave, severe</source>
        <translation>Keilwinkel %1 ± %2°: bikonkav, schwer</translation>
    </message>
    <message>
        <source>wedge %1 ± %2°: crush, mild</source>
        <translation>Keilwinkel %1 ± %2°: Kompression, leicht</translation>
    </message>
    <message>
        <source>wedge %1 ± %2°: crush, moderate</source>
        <translation>Keilwinkel %1 ± %2°: Kompression, mittel</translation>
    </message>
    <message>
        <source>wedge %1 ± %2°: crush, severe</source>
        <translation>Keilwinkel %1 ± %2°: Kompression, schwer</translation>
    </message>
    <message>
        <source>wedge %1°: wedge, mild</source>
        <translation>Keilwinkel %1°: Keilform, leicht</translation>
    </message>
    <message>
        <source>wedge %1°: wedge, moderate</source>
        <translation>Keilwinkel %1°: Keilform, mittel</translation>
    </message>
    <message>
        <source>wedge %1°: wedge, severe</source>
        <translation>Keilwinkel %1°: Keilform, schwer</translation>
    </message>
    <message>
        <source>wedge %1°: biconcave, mild</source>
        <translation>Keilwinkel %1°: bikonkav, leicht</translation>
    </message>
    <message>
        <source>wedge %1°: biconcave, moderate</source>
        <translation>Keilwinkel %1°: bikonkav, mittel</translation>
    </message>
    <message>
        <source>wedge %1°: biconcave, severe</source>
        <translation>Keilwinkel %1°: bikonkav, schwer</translation>
    </message>
    <message>
        <source>wedge %1°: crush, mild</source>
        <translation>Keilwinkel %1°: Kompression, leicht</translation>
    </message>
    <message>
        <source>wedge %1°: crush, moderate</source>
        <translation>Keilwinkel %1°: Kompression, mittel</translation>
    </message>
    <message>
        <source>wedge %1°: crush, severe</source>
        <translation>Keilwinkel %1°: Kompression, schwer</translation>
    </message>
    <message>
        <source>the levels were marked on another picture: check every outline, then Enter</source>
        <translation>die Höhen wurden auf einem anderen Bild markiert: jeden Umriss prüfen, dann Enter</translation>
    </message>
    <message>
        <source>the plan's other view</source>
        <translation>die andere Ansicht des Plans</translation>
    </message>
    <message>
        <source>%L1 asked for: taken up where the image shows it</source>
        <translation>%L1 verlangt: gilt, sobald das Bild sie zeigt</translation>
    </message>
    <message>
        <source>the plan has no other view for this source</source>
        <translation>der Plan hat für diese Quelle keine andere Ansicht</translation>
    </message>
    <message>
        <source>the cannula comes from the front: is the back on the other side?</source>
        <translation>die Kanüle kommt von vorn: liegt hinten auf der anderen Seite?</translation>
    </message>
    <message>
        <source>mark this moment, keep the picture</source>
        <translation>Zeitpunkt merken, Bild behalten</translation>
    </message>
    <message>
        <source>pause the sound, or end the pause</source>
        <translation>Ton anhalten, oder Pause beenden</translation>
    </message>
    <message>
        <source>distance tone on and off</source>
        <translation>Abstandston an und aus</translation>
    </message>
    <message>
        <source>distance tone louder, softer</source>
        <translation>Abstandston lauter, leiser</translation>
    </message>
    <message>
        <source>full screen on and off</source>
        <translation>Vollbild an und aus</translation>
    </message>
    <message>
        <source>leave full screen, close this list</source>
        <translation>Vollbild verlassen, Liste schließen</translation>
    </message>
    <message>
        <source>this list, and what the source delivers</source>
        <translation>diese Liste, und was die Quelle liefert</translation>
    </message>
    <message>
        <source>quit; twice while a live source runs</source>
        <translation>beenden; bei Live-Quelle zweimal</translation>
    </message>
    <message>
        <source>no key</source>
        <translation>keine Taste</translation>
    </message>
    <message>
        <source>audio on</source>
        <translation>Ton an</translation>
    </message>
    <message>
        <source>audio paused for two minutes</source>
        <translation>Ton für zwei Minuten aus</translation>
    </message>
    <message>
        <source>distance tone on</source>
        <translation>Abstandston an</translation>
    </message>
    <message>
        <source>distance tone off</source>
        <translation>Abstandston aus</translation>
    </message>
    <message>
        <source>distance tone %1 %</source>
        <translation>Abstandston %1 %</translation>
    </message>
</context>
<context>
    <name>start</name>
    <message>
        <source>CementWatch start. Research and training software, not a medical device</source>
        <translation>CementWatch Start. Forschungs- und Übungssoftware, kein Medizinprodukt</translation>
    </message>
    <message>
        <source>CementWatch start: %L1. Research and training software, not a medical device</source>
        <translation>CementWatch Start: %L1. Forschungs- und Übungssoftware, kein Medizinprodukt</translation>
    </message>
    <message>
        <source>a name, to remember all of this by</source>
        <translation>ein Name, unter dem all das gemerkt wird</translation>
    </message>
    <message>
        <source>device:0, rtsp://…, a file or folder</source>
        <translation>device:0, rtsp://…, Datei oder Ordner</translation>
    </message>
    <message>
        <source>&amp;File…</source>
        <translation>&amp;Datei…</translation>
    </message>
    <message>
        <source>Fol&amp;der…</source>
        <translation>Or&amp;dner…</translation>
    </message>
    <message>
        <source>&amp;Devices again</source>
        <translation>&amp;Geräte neu</translation>
    </message>
    <message>
        <source>frames per second</source>
        <translation>Bilder pro Sekunde</translation>
    </message>
    <message>
        <source>&amp;Rate (Hz)</source>
        <translation>&amp;Rate (Hz)</translation>
    </message>
    <message>
        <source>Cement looks dar&amp;k</source>
        <translation>Zement dun&amp;kel</translation>
    </message>
    <message>
        <source>Cement looks &amp;bright</source>
        <translation>Zement &amp;hell</translation>
    </message>
    <message>
        <source>whole frame: left, top, columns, rows</source>
        <translation>ganzes Bild: links, oben, Spalten, Zeilen</translation>
    </message>
    <message>
        <source>&amp;Whole</source>
        <translation>&amp;Ganz</translation>
    </message>
    <message>
        <source>&amp;Take the image found</source>
        <translation>Bildfeld übe&amp;rnehmen</translation>
    </message>
    <message>
        <source>&amp;Take the round image found</source>
        <translation>Rundes Bildfeld übe&amp;rnehmen</translation>
    </message>
    <message>
        <source>&amp;Take the rectangular image found</source>
        <translation>Rechteckiges Bildfeld übe&amp;rnehmen</translation>
    </message>
    <message>
        <source>left, top, columns, rows: %L1</source>
        <translation>links, oben, Spalten, Zeilen: %L1</translation>
    </message>
    <message>
        <source>no calibration of the room</source>
        <translation>keine Kalibrierung des Raums</translation>
    </message>
    <message>
        <source>&amp;Choose…</source>
        <translation>&amp;Wählen…</translation>
    </message>
    <message>
        <source>patient's number</source>
        <translation>Patientennummer</translation>
    </message>
    <message>
        <source>patient's name</source>
        <translation>Patientenname</translation>
    </message>
    <message>
        <source>as vertebroplasty L1</source>
        <translation>etwa Vertebroplastie L1</translation>
    </message>
    <message>
        <source>operator</source>
        <translation>Operateur</translation>
    </message>
    <message>
        <source>not named</source>
        <translation>nicht genannt</translation>
    </message>
    <message>
        <source>the marked levels (PLAN.json)</source>
        <translation>die markierten Höhen (PLAN.json)</translation>
    </message>
    <message>
        <source>&amp;Open plan…</source>
        <translation>Plan ö&amp;ffnen…</translation>
    </message>
    <message>
        <source>&amp;Mark the levels now</source>
        <translation>Höhen jetzt &amp;markieren</translation>
    </message>
    <message>
        <source>nothing is kept</source>
        <translation>nichts wird aufgezeichnet</translation>
    </message>
    <message>
        <source>In…</source>
        <translation>In…</translation>
    </message>
    <message>
        <source>R&amp;oom</source>
        <translation>R&amp;aum</translation>
    </message>
    <message>
        <source>&amp;Source</source>
        <translation>&amp;Quelle</translation>
    </message>
    <message>
        <source>Polarity</source>
        <translation>Polarität</translation>
    </message>
    <message>
        <source>Cro&amp;p</source>
        <translation>Au&amp;sschnitt</translation>
    </message>
    <message>
        <source>Pro&amp;file</source>
        <translation>Pro&amp;fil</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>Maßstab</translation>
    </message>
    <message>
        <source>Patient (&amp;1)</source>
        <translation>Patient (&amp;1)</translation>
    </message>
    <message>
        <source>Procedure (&amp;2)</source>
        <translation>Eingriff (&amp;2)</translation>
    </message>
    <message>
        <source>Cement (&amp;3)</source>
        <translation>Zement (&amp;3)</translation>
    </message>
    <message>
        <source>P&amp;lan</source>
        <translation>P&amp;lan</translation>
    </message>
    <message>
        <source>Sessio&amp;n</source>
        <translation>Sitzu&amp;ng</translation>
    </message>
    <message>
        <source>&amp;Start monitoring</source>
        <translation>Überwachung &amp;starten</translation>
    </message>
    <message>
        <source>Start monitoring</source>
        <translation>Überwachung starten</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>ready: Enter starts the monitor</source>
        <translation>bereit: Enter startet die Überwachung</translation>
    </message>
    <message>
        <source>the source does not state it: do bone and steel look dark, or bright?</source>
        <translation>die Quelle sagt es nicht: sehen Knochen und Stahl dunkel aus oder hell?</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>dunkel</translation>
    </message>
    <message>
        <source>bright</source>
        <translation>hell</translation>
    </message>
    <message>
        <source>the source states that cement looks %1, as bone and steel do; the monitor checks it</source>
        <translation>laut Quelle sieht Zement %1 aus, wie Knochen und Stahl; die Überwachung prüft es</translation>
    </message>
    <message>
        <source>you say that cement looks %1 here, as bone and steel do</source>
        <translation>Sie sagen, dass Zement hier %1 aussieht, wie Knochen und Stahl</translation>
    </message>
    <message>
        <source>you say that cement looks %1 here, as bone and steel do; the source states %2</source>
        <translation>Sie sagen, dass Zement hier %1 aussieht, wie Knochen und Stahl; laut Quelle %2</translation>
    </message>
    <message>
        <source>the general clock: early until %1 s, late from %2 s after mixing</source>
        <translation>die allgemeine Uhr: früh bis %1 s, spät ab %2 s nach dem Anmischen</translation>
    </message>
    <message>
        <source>a clock of its own: early until %1 s, late from %2 s after mixing</source>
        <translation>eine eigene Uhr: früh bis %1 s, spät ab %2 s nach dem Anmischen</translation>
    </message>
    <message>
        <source>%L1, as the plan says: the general clock: early until %2 s, late from %3 s after mixing</source>
        <translation>%L1, laut Plan: die allgemeine Uhr: früh bis %2 s, spät ab %3 s nach dem Anmischen</translation>
    </message>
    <message>
        <source>%L1, as the plan says: a clock of its own: early until %2 s, late from %3 s after mixing</source>
        <translation>%L1, laut Plan: eine eigene Uhr: früh bis %2 s, spät ab %3 s nach dem Anmischen</translation>
    </message>
    <message>
        <source>comes with the source. %1</source>
        <translation>gehört zur Quelle. %1</translation>
    </message>
    <message>
        <source>choose a source</source>
        <translation>Quelle wählen</translation>
    </message>
    <message>
        <source>the source cannot be opened (Enter tries again)</source>
        <translation>Quelle lässt sich nicht öffnen (Enter: erneut)</translation>
    </message>
    <message>
        <source>the source is being opened</source>
        <translation>Quelle wird geöffnet</translation>
    </message>
    <message>
        <source>no image has come yet</source>
        <translation>noch ist kein Bild da</translation>
    </message>
    <message>
        <source>no image comes from the source</source>
        <translation>von der Quelle kommt kein Bild</translation>
    </message>
    <message>
        <source>say whether cement looks dark or bright</source>
        <translation>angeben, ob Zement dunkel oder hell aussieht</translation>
    </message>
    <message>
        <source>mark the levels now, or open a plan</source>
        <translation>Höhen jetzt markieren, oder einen Plan öffnen</translation>
    </message>
    <message>
        <source>the plan cannot be used</source>
        <translation>der Plan ist nicht verwendbar</translation>
    </message>
    <message>
        <source>the session folder holds a session already</source>
        <translation>der Ordner enthält schon eine Sitzung</translation>
    </message>
    <message>
        <source>the rate %L1 is no number</source>
        <translation>die Rate %L1 ist keine Zahl</translation>
    </message>
    <message>
        <source>no image yet: choose a source on the right

the list there holds the capture devices of this machine, and simulated procedures for a trial</source>
        <translation>noch kein Bild: rechts eine Quelle wählen

die Liste dort nennt die Aufnahmegeräte dieses Rechners, und simulierte Eingriffe zum Üben</translation>
    </message>
    <message>
        <source>opening %L1…</source>
        <translation>öffnet %L1…</translation>
    </message>
    <message>
        <source>end of the file</source>
        <translation>Ende der Datei</translation>
    </message>
    <message>
        <source>out of %1 x %2</source>
        <translation>aus %1 x %2</translation>
    </message>
    <message>
        <source>it does not carry the frame that it was drawn on: the first images are taken for it</source>
        <translation>er enthält das Bild nicht, auf dem er gezeichnet wurde: die ersten Bilder gelten dafür</translation>
    </message>
    <message>
        <source>%1 mm per px ± %2 % (%L3)</source>
        <translation>%1 mm pro px ± %2 % (%L3)</translation>
    </message>
    <message>
        <source>not known: to be measured on a cannula while the levels are marked</source>
        <translation>unbekannt: beim Markieren an einer Kanüle zu messen</translation>
    </message>
    <message>
        <source>of the room: %1</source>
        <translation>des Raums: %1</translation>
    </message>
    <message>
        <source>scale of the room expired on %1</source>
        <translation>Maßstab des Raums abgelaufen am %1</translation>
    </message>
    <message>
        <source>density not calibrated: volumes serve for comparison only</source>
        <translation>Dichte nicht kalibriert: Volumina nur zum Vergleich</translation>
    </message>
    <message>
        <source>density not calibrated: no volumes</source>
        <translation>Dichte nicht kalibriert: keine Volumina</translation>
    </message>
    <message>
        <source>density expired on %1: volumes serve for comparison only</source>
        <translation>Dichte abgelaufen am %1: Volumina nur zum Vergleich</translation>
    </message>
    <message>
        <source>distortion expired on %1: not corrected</source>
        <translation>Verzeichnung abgelaufen am %1: nicht korrigiert</translation>
    </message>
    <message>
        <source>latency expired on %1</source>
        <translation>Verzögerung abgelaufen am %1</translation>
    </message>
    <message>
        <source>scale not calibrated: the plan does not say where its millimetres come from</source>
        <translation>Maßstab nicht kalibriert: der Plan sagt nicht, woher seine Millimeter stammen</translation>
    </message>
    <message>
        <source>the plan's scale is %1 times the room's: millimetres are in doubt</source>
        <translation>Maßstab des Plans ist das %1-Fache dessen des Raums: Millimeter sind zweifelhaft</translation>
    </message>
    <message>
        <source>the plan's scale is %1 times the header's: millimetres are in doubt</source>
        <translation>Maßstab des Plans ist das %1-Fache dessen im Bildkopf: Millimeter sind zweifelhaft</translation>
    </message>
    <message>
        <source>Run or picture to monitor</source>
        <translation>Aufnahme oder Bild zum Überwachen</translation>
    </message>
    <message>
        <source>Folder of images, of DICOM files, or a session</source>
        <translation>Ordner mit Bildern, DICOM-Dateien oder einer Sitzung</translation>
    </message>
    <message>
        <source>Folder for the new session's folder</source>
        <translation>Ordner für den Ordner der neuen Sitzung</translation>
    </message>
    <message>
        <source>Profile of the room</source>
        <translation>Profil des Raums</translation>
    </message>
    <message>
        <source>Plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>JSON (*.json);;All files (*)</source>
        <translation>JSON (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>From the worklist (&amp;4)…</source>
        <translation>Aus der Arbeitsliste (&amp;4)…</translation>
    </message>
    <message>
        <source>from the worklist of %L1, read at %2</source>
        <translation>aus der Arbeitsliste von %L1, gelesen um %2</translation>
    </message>
    <message>
        <source>accession %L1</source>
        <translation>Auftrag %L1</translation>
    </message>
    <message>
        <source>born %1</source>
        <translation>geboren %1</translation>
    </message>
    <message>
        <source>sex %L1</source>
        <translation>Geschlecht %L1</translation>
    </message>
    <message>
        <source>no study is named: results begin one of their own</source>
        <translation>keine Studie genannt: Ergebnisse beginnen eine eigene</translation>
    </message>
    <message>
        <source>the patient was changed by hand: nothing else of the worklist is kept</source>
        <translation>der Patient wurde von Hand geändert: Weiteres aus der Arbeitsliste gilt nicht</translation>
    </message>
    <message>
        <source>Worklist of today</source>
        <translation>Arbeitsliste von heute</translation>
    </message>
    <message>
        <source>&amp;every room and modality</source>
        <translation>&amp;alle Räume und Modalitäten</translation>
    </message>
    <message>
        <source>&amp;Load again</source>
        <translation>Neu &amp;laden</translation>
    </message>
    <message>
        <source>&amp;Take over</source>
        <translation>Ü&amp;bernehmen</translation>
    </message>
    <message>
        <source>Ser&amp;ver</source>
        <translation>Ser&amp;ver</translation>
    </message>
    <message>
        <source>AET@HOST:PORT</source>
        <translation>AET@HOST:PORT</translation>
    </message>
    <message>
        <source>scheduled steps</source>
        <translation>geplante Schritte</translation>
    </message>
    <message>
        <source>worklist server</source>
        <translation>Server der Arbeitsliste</translation>
    </message>
    <message>
        <source>time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>born</source>
        <translation>geboren</translation>
    </message>
    <message>
        <source>patient</source>
        <translation>Patient</translation>
    </message>
    <message>
        <source>procedure</source>
        <translation>Eingriff</translation>
    </message>
    <message>
        <source>room</source>
        <translation>Raum</translation>
    </message>
    <message>
        <source>accession</source>
        <translation>Auftrag</translation>
    </message>
    <message>
        <source>which server? AET@HOST:PORT, as RIS@10.0.0.5:104</source>
        <translation>welcher Server? AET@HOST:PORT, wie RIS@10.0.0.5:104</translation>
    </message>
    <message>
        <source>%L1 is being asked</source>
        <translation>%L1 wird gefragt</translation>
    </message>
    <message>
        <source>nothing is scheduled at %L1, read at %2</source>
        <translation>bei %L1 ist nichts geplant, gelesen um %2</translation>
    </message>
    <message>
        <source>1 step is scheduled at %L1, read at %2</source>
        <translation>1 Schritt ist bei %L1 geplant, gelesen um %2</translation>
    </message>
    <message>
        <source>%1 steps are scheduled at %L2, read at %3</source>
        <translation>%1 Schritte sind bei %L2 geplant, gelesen um %3</translation>
    </message>
    <message>
        <source>there are more: only the first %1 are shown</source>
        <translation>es gibt mehr: nur die ersten %1 sind gezeigt</translation>
    </message>
    <message>
        <source>%1 answers cannot be used (no valid UID, or not to be read)</source>
        <translation>%1 Antworten sind nicht zu gebrauchen (keine gültige UID, oder nicht lesbar)</translation>
    </message>
    <message>
        <source>worklist server: %L1 is no address, expected AET@HOST:PORT</source>
        <translation>Server der Arbeitsliste: %L1 ist keine Adresse, erwartet wird AET@HOST:PORT</translation>
    </message>
    <message>
        <source>%L1: no connection: %L2</source>
        <translation>%L1: keine Verbindung: %L2</translation>
    </message>
    <message>
        <source>%L1: no connection within %2 s</source>
        <translation>%L1: keine Verbindung innerhalb von %2 s</translation>
    </message>
    <message>
        <source>%L1: refuses the association: %L2</source>
        <translation>%L1: lehnt die Verbindung ab: %L2</translation>
    </message>
    <message>
        <source>%L1: closed the connection, or did not answer in time</source>
        <translation>%L1: hat die Verbindung geschlossen oder nicht rechtzeitig geantwortet</translation>
    </message>
    <message>
        <source>%L1: takes none of what was offered (no presentation context accepted)</source>
        <translation>%L1: nimmt nichts von dem, was angeboten wurde (kein Präsentationskontext)</translation>
    </message>
    <message>
        <source>%L1: query: no answer within %2 s</source>
        <translation>%L1: Abfrage: keine Antwort innerhalb von %2 s</translation>
    </message>
    <message>
        <source>%L1: query: %L2</source>
        <translation>%L1: Abfrage: %L2</translation>
    </message>
</context>
<context>
    <name>planning</name>
    <message>
        <source>CementWatch planning. Research and training software, not a medical device</source>
        <translation>CementWatch Planung. Forschungs- und Übungssoftware, kein Medizinprodukt</translation>
    </message>
    <message>
        <source>CementWatch planning: %L1. Research and training software, not a medical device</source>
        <translation>CementWatch Planung: %L1. Forschungs- und Übungssoftware, kein Medizinprodukt</translation>
    </message>
    <message>
        <source>PLAN</source>
        <translation>PLAN</translation>
    </message>
    <message>
        <source>a file or folder, device:0, rtsp://…, simulated:quiet</source>
        <translation>Datei oder Ordner, device:0, rtsp://…, simulated:quiet</translation>
    </message>
    <message>
        <source>&amp;Open</source>
        <translation>Ö&amp;ffnen</translation>
    </message>
    <message>
        <source>mean of</source>
        <translation>Mittel aus</translation>
    </message>
    <message>
        <source>frames from</source>
        <translation>Bildern ab</translation>
    </message>
    <message>
        <source>Picture or run</source>
        <translation>Bild oder Aufnahme</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>type a source, or choose a file or a folder</source>
        <translation>Quelle eingeben, oder Datei oder Ordner wählen</translation>
    </message>
    <message>
        <source>Lateral</source>
        <translation>Lateral</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>LEVELS</source>
        <translation>HÖHEN</translation>
    </message>
    <message>
        <source>SCALE</source>
        <translation>MASSSTAB</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Save and close</source>
        <translation>Speichern und schließen</translation>
    </message>
    <message>
        <source>no picture yet: open a source above</source>
        <translation>noch kein Bild: oben eine Quelle öffnen</translation>
    </message>
    <message>
        <source>open a source: a file or folder, device:0, an address, or simulated:twolevels for a trial</source>
        <translation>Quelle öffnen: Datei oder Ordner, device:0, Adresse, oder simulated:twolevels zum Üben</translation>
    </message>
    <message>
        <source>ready: nothing is missing</source>
        <translation>bereit: nichts fehlt</translation>
    </message>
    <message>
        <source>saved: %L1</source>
        <translation>gespeichert: %L1</translation>
    </message>
    <message>
        <source>%L1: cannot be written: %L2</source>
        <translation>%L1: kann nicht geschrieben werden: %L2</translation>
    </message>
    <message>
        <source>Save the plan as</source>
        <translation>Plan speichern unter</translation>
    </message>
    <message>
        <source>Plan (*.json)</source>
        <translation>Plan (*.json)</translation>
    </message>
    <message>
        <source>Not saved</source>
        <translation>Nicht gespeichert</translation>
    </message>
    <message>
        <source>The plan has changed and is not saved. Close anyway?</source>
        <translation>Der Plan wurde geändert und nicht gespeichert. Trotzdem schließen?</translation>
    </message>
    <message>
        <source>%L1: %2 x %3 px, frame %4, 1 frame</source>
        <translation>%L1: %2 x %3 px, Bild %4, 1 Bild</translation>
    </message>
    <message>
        <source>%L1: %2 x %3 px, frame %4, mean of %5 frames that lie still</source>
        <translation>%L1: %2 x %3 px, Bild %4, Mittel aus %5 Bildern, die stillliegen</translation>
    </message>
    <message>
        <source>the %L1 levels were marked on %2 x %3 px, this is %4 x %5: remove them first</source>
        <translation>die Höhen (%L1) wurden auf %2 x %3 px markiert, dies ist %4 x %5: erst entfernen</translation>
    </message>
    <message>
        <source>%1   (snapping is off: S)</source>
        <translation>%1   (Einrasten ist aus: S)</translation>
    </message>
    <message>
        <source>click two points on the straight part of the shaft, far apart</source>
        <translation>zwei Punkte auf dem geraden Teil des Schafts anklicken, weit auseinander</translation>
    </message>
    <message>
        <source>click along the vein; Enter ends it</source>
        <translation>die Vene entlang klicken; Enter beendet</translation>
    </message>
    <message>
        <source>click round the foramen; Enter closes it</source>
        <translation>um das Foramen klicken; Enter schließt</translation>
    </message>
    <message>
        <source>front upper corner</source>
        <translation>Ecke vorn oben</translation>
    </message>
    <message>
        <source>back upper corner</source>
        <translation>Ecke hinten oben</translation>
    </message>
    <message>
        <source>back lower corner</source>
        <translation>Ecke hinten unten</translation>
    </message>
    <message>
        <source>front lower corner</source>
        <translation>Ecke vorn unten</translation>
    </message>
    <message>
        <source>left upper corner</source>
        <translation>Ecke links oben</translation>
    </message>
    <message>
        <source>right upper corner</source>
        <translation>Ecke rechts oben</translation>
    </message>
    <message>
        <source>right lower corner</source>
        <translation>Ecke rechts unten</translation>
    </message>
    <message>
        <source>left lower corner</source>
        <translation>Ecke links unten</translation>
    </message>
    <message>
        <source>click the four corners of a body: now the %1</source>
        <translation>die vier Ecken eines Wirbels anklicken: jetzt %1</translation>
    </message>
    <message>
        <source>click the four corners of the first body: now the %1</source>
        <translation>die vier Ecken des ersten Wirbels anklicken: jetzt %1</translation>
    </message>
    <message>
        <source>next level: %1</source>
        <translation>nächste Höhe: %1</translation>
    </message>
    <message>
        <source>next level, if any: click its %1</source>
        <translation>nächste Höhe, falls gewünscht: anklicken, %1</translation>
    </message>
    <message>
        <source>Enter: the names are right</source>
        <translation>Enter: die Namen stimmen</translation>
    </message>
    <message>
        <source>C: a cannula</source>
        <translation>C: eine Kanüle</translation>
    </message>
    <message>
        <source>cannula %1</source>
        <translation>Kanüle %1</translation>
    </message>
    <message>
        <source>vein %1</source>
        <translation>Vene %1</translation>
    </message>
    <message>
        <source>foramen %1</source>
        <translation>Foramen %1</translation>
    </message>
    <message>
        <source>mark the level first, then its cannula</source>
        <translation>erst die Höhe markieren, dann ihre Kanüle</translation>
    </message>
    <message>
        <source>mark the level first, then its vein</source>
        <translation>erst die Höhe markieren, dann ihre Vene</translation>
    </message>
    <message>
        <source>mark the level first, then its foramen</source>
        <translation>erst die Höhe markieren, dann ihr Foramen</translation>
    </message>
    <message>
        <source>a vein needs at least %1 points</source>
        <translation>eine Vene braucht mindestens %1 Punkte</translation>
    </message>
    <message>
        <source>a foramen needs at least %1 points</source>
        <translation>ein Foramen braucht mindestens %1 Punkte</translation>
    </message>
    <message>
        <source>both corners are at one place</source>
        <translation>beide Ecken liegen an derselben Stelle</translation>
    </message>
    <message>
        <source>the corners must go round the body: upper, upper, lower, lower</source>
        <translation>die Ecken müssen um den Wirbel laufen: oben, oben, unten, unten</translation>
    </message>
    <message>
        <source>the lower corners are above the upper ones: is the picture upside down?</source>
        <translation>die unteren Ecken liegen über den oberen: steht das Bild auf dem Kopf?</translation>
    </message>
    <message>
        <source>in AP the corners go from the left of the picture to its right, then back below</source>
        <translation>in AP laufen die Ecken von links nach rechts im Bild, dann unten zurück</translation>
    </message>
    <message>
        <source>the front is on the other side than in %1</source>
        <translation>vorn ist auf der anderen Seite als bei %1</translation>
    </message>
    <message>
        <source>there is a level %1 already</source>
        <translation>die Höhe %1 gibt es schon</translation>
    </message>
    <message>
        <source>there is no level beyond %1</source>
        <translation>jenseits von %1 gibt es keine Höhe</translation>
    </message>
    <message>
        <source>no scale: mark a cannula and say its gauge, or type mm per pixel</source>
        <translation>kein Maßstab: Kanüle markieren und Gauge nennen, oder mm pro Pixel eingeben</translation>
    </message>
    <message>
        <source>%1 is proposed; confirm the names with Enter</source>
        <translation>%1 ist vorgeschlagen; Namen mit Enter bestätigen</translation>
    </message>
    <message>
        <source>levels</source>
        <translation>Höhen</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>Volumen</translation>
    </message>
    <message>
        <source>Pathology</source>
        <translation>Pathologie</translation>
    </message>
    <message>
        <source>planned, mL</source>
        <translation>geplant, mL</translation>
    </message>
    <message>
        <source>posterior wall broken</source>
        <translation>Hinterkante gebrochen</translation>
    </message>
    <message>
        <source>Find edge again</source>
        <translation>Rand neu suchen</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>osteoporotic fracture</source>
        <translation>osteoporotische Fraktur</translation>
    </message>
    <message>
        <source>metastasis</source>
        <translation>Metastase</translation>
    </message>
    <message>
        <source>myeloma</source>
        <translation>Myelom</translation>
    </message>
    <message>
        <source>haemangioma</source>
        <translation>Hämangiom</translation>
    </message>
    <message>
        <source>trauma</source>
        <translation>Trauma</translation>
    </message>
    <message>
        <source>edge not seen, as drawn: %1</source>
        <translation>Rand nicht zu sehen, wie gezeichnet: %1</translation>
    </message>
    <message>
        <source>upper endplate</source>
        <translation>Deckplatte</translation>
    </message>
    <message>
        <source>lower endplate</source>
        <translation>Grundplatte</translation>
    </message>
    <message>
        <source>front wall</source>
        <translation>Vorderkante</translation>
    </message>
    <message>
        <source>left wall</source>
        <translation>linke Wand</translation>
    </message>
    <message>
        <source>right wall</source>
        <translation>rechte Wand</translation>
    </message>
    <message>
        <source>%1?  proposed</source>
        <translation>%1?  vorgeschlagen</translation>
    </message>
    <message>
        <source>%1 cannula</source>
        <translation>%1 Kanüle</translation>
    </message>
    <message>
        <source>%1 cannulas</source>
        <translation>%1 Kanülen</translation>
    </message>
    <message>
        <source>%1 veins</source>
        <translation>%1 Venen</translation>
    </message>
    <message>
        <source>%1   %2</source>
        <translation>%1   %2</translation>
    </message>
    <message>
        <source>heights: front %1, middle %2, back %3 mm (± %4)</source>
        <translation>Höhen: vorn %1, Mitte %2, hinten %3 mm (± %4)</translation>
    </message>
    <message>
        <source>heights to the back's: front %1, middle %2</source>
        <translation>Höhen zur hinteren: vorn %1, Mitte %2</translation>
    </message>
    <message>
        <source>wedge %1°</source>
        <translation>Keil %1°</translation>
    </message>
    <message>
        <source>wedge %1 ± %2°</source>
        <translation>Keil %1 ± %2°</translation>
    </message>
    <message>
        <source>wedge %1°: %2</source>
        <translation>Keil %1°: %2</translation>
    </message>
    <message>
        <source>wedge %1 ± %2°: %3</source>
        <translation>Keil %1 ± %2°: %3</translation>
    </message>
    <message>
        <source>no scale yet</source>
        <translation>noch kein Maßstab</translation>
    </message>
    <message>
        <source>Mark cannula  (C)</source>
        <translation>Kanüle markieren  (C)</translation>
    </message>
    <message>
        <source>mm per pixel</source>
        <translation>mm pro Pixel</translation>
    </message>
    <message>
        <source>take the header too</source>
        <translation>Bildkopf mitnutzen</translation>
    </message>
    <message>
        <source>Its gauge</source>
        <translation>Ihr Gauge</translation>
    </message>
    <message>
        <source>Or typed</source>
        <translation>Oder eingegeben</translation>
    </message>
    <message>
        <source>choose, or type mm</source>
        <translation>wählen, oder mm</translation>
    </message>
    <message>
        <source>cannula %1 ± %2 px wide</source>
        <translation>Kanüle %1 ± %2 px breit</translation>
    </message>
    <message>
        <source>typed</source>
        <translation>eingegeben</translation>
    </message>
    <message>
        <source>set the next mark; on a body: choose it; on a grip: drag it</source>
        <translation>nächste Marke setzen; auf einem Wirbel: wählen; auf einem Griff: ziehen</translation>
    </message>
    <message>
        <source>window and level, zoom</source>
        <translation>Fenstern, Zoom</translation>
    </message>
    <message>
        <source>confirm the names; end a vein or foramen</source>
        <translation>Namen bestätigen; Vene oder Foramen beenden</translation>
    </message>
    <message>
        <source>all names one level up, down</source>
        <translation>alle Namen eine Höhe hinauf, hinab</translation>
    </message>
    <message>
        <source>drop what was begun; else remove what is chosen</source>
        <translation>Begonnenes verwerfen; sonst Gewähltes entfernen</translation>
    </message>
    <message>
        <source>undo, redo</source>
        <translation>zurück, wiederholen</translation>
    </message>
    <message>
        <source>cannula: two clicks along its shaft</source>
        <translation>Kanüle: zwei Klicks auf ihrem Schaft</translation>
    </message>
    <message>
        <source>level by its four corners</source>
        <translation>Höhe mit vier Ecken</translation>
    </message>
    <message>
        <source>vein, foramen</source>
        <translation>Vene, Foramen</translation>
    </message>
    <message>
        <source>find the edge of the chosen level again</source>
        <translation>Rand der gewählten Höhe neu suchen</translation>
    </message>
    <message>
        <source>snapping to the edge on and off</source>
        <translation>Einrasten am Rand an und aus</translation>
    </message>
    <message>
        <source>back to marking levels</source>
        <translation>zurück zum Markieren der Höhen</translation>
    </message>
    <message>
        <source>move the chosen grip by a pixel, with Shift by 10, with Alt by 0.1</source>
        <translation>gewählten Griff um ein Pixel bewegen, mit Umschalt um 10, mit Alt um 0.1</translation>
    </message>
    <message>
        <source>choose another level</source>
        <translation>andere Höhe wählen</translation>
    </message>
    <message>
        <source>zoom, whole picture, automatic grey</source>
        <translation>Zoom, ganzes Bild, Grau automatisch</translation>
    </message>
    <message>
        <source>save; save and close</source>
        <translation>speichern; speichern und schließen</translation>
    </message>
    <message>
        <source>to the next field; to the picture</source>
        <translation>zum nächsten Feld; zum Bild</translation>
    </message>
    <message>
        <source>%L1 mm, at the detector</source>
        <translation>%L1 mm, am Detektor</translation>
    </message>
    <message>
        <source>magnification at the spine: %L1 = %2</source>
        <translation>Vergrößerung an der Wirbelsäule: %L1 = %2</translation>
    </message>
    <message>
        <source>EstimatedRadiographicMagnificationFactor %1 agrees</source>
        <translation>EstimatedRadiographicMagnificationFactor %1 stimmt überein</translation>
    </message>
    <message>
        <source>the spine lies within %1 mm (one SD) of that plane</source>
        <translation>die Wirbelsäule liegt innerhalb %1 mm (1 SD) dieser Ebene</translation>
    </message>
    <message>
        <source>the spine lies within %1 mm (one SD) of that plane, %2 mm from the source</source>
        <translation>die Wirbelsäule liegt innerhalb %1 mm (1 SD) dieser Ebene, %2 mm von der Quelle</translation>
    </message>
    <message>
        <source>%1 mm per pixel at the spine, plus or minus %2 % (95 %)</source>
        <translation>%1 mm pro Pixel an der Wirbelsäule, plus/minus %2 % (95 %)</translation>
    </message>
    <message>
        <source>by its width %L1: choose the gauge and the scale becomes sharper</source>
        <translation>der Breite nach %L1: mit gewähltem Gauge wird der Maßstab genauer</translation>
    </message>
    <message>
        <source>no level is marked</source>
        <translation>keine Höhe ist markiert</translation>
    </message>
</context>
<context>
    <name>calibration</name>
    <message>
        <source>CementWatch calibration. Research and training software, not a medical device</source>
        <translation>CementWatch Kalibrierung. Forschungs- und Übungssoftware, kein Medizinprodukt</translation>
    </message>
    <message>
        <source>CementWatch calibration</source>
        <translation>CementWatch Kalibrierung</translation>
    </message>
    <message>
        <source>CALIBRATION</source>
        <translation>KALIBRIERUNG</translation>
    </message>
    <message>
        <source>Close without saving?</source>
        <translation>Ohne Speichern schließen?</translation>
    </message>
    <message>
        <source>This would be lost: %1.</source>
        <translation>Das ginge verloren: %1.</translation>
    </message>
    <message>
        <source>%1 (kept, not saved)</source>
        <translation>%1 (übernommen, nicht gespeichert)</translation>
    </message>
    <message>
        <source>%1 (measured, not kept)</source>
        <translation>%1 (gemessen, nicht übernommen)</translation>
    </message>
    <message>
        <source>Save the profile as</source>
        <translation>Profil speichern unter</translation>
    </message>
    <message>
        <source>Profile (*.json)</source>
        <translation>Profil (*.json)</translation>
    </message>
    <message>
        <source>‹ Back</source>
        <translation>‹ Zurück</translation>
    </message>
    <message>
        <source>Next ›</source>
        <translation>Weiter ›</translation>
    </message>
    <message>
        <source>Skip ›</source>
        <translation>Auslassen ›</translation>
    </message>
    <message>
        <source>Remove marks</source>
        <translation>Marken entfernen</translation>
    </message>
    <message>
        <source>Whole</source>
        <translation>Ganz</translation>
    </message>
    <message>
        <source>Auto grey</source>
        <translation>Grau auto</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Room</source>
        <translation>Raum</translation>
    </message>
    <message>
        <source>Distortion</source>
        <translation>Verzeichnung</translation>
    </message>
    <message>
        <source>Density</source>
        <translation>Dichte</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>Verzögerung</translation>
    </message>
    <message>
        <source>scale</source>
        <translation>Maßstab</translation>
    </message>
    <message>
        <source>distortion</source>
        <translation>Verzeichnung</translation>
    </message>
    <message>
        <source>density</source>
        <translation>Dichte</translation>
    </message>
    <message>
        <source>latency</source>
        <translation>Verzögerung</translation>
    </message>
    <message>
        <source>%1  Room</source>
        <translation>%1  Raum</translation>
    </message>
    <message>
        <source>%1  Scale</source>
        <translation>%1  Maßstab</translation>
    </message>
    <message>
        <source>%1  Distortion</source>
        <translation>%1  Verzeichnung</translation>
    </message>
    <message>
        <source>%1  Density</source>
        <translation>%1  Dichte</translation>
    </message>
    <message>
        <source>%1  Latency</source>
        <translation>%1  Verzögerung</translation>
    </message>
    <message>
        <source>%1  Review</source>
        <translation>%1  Prüfen</translation>
    </message>
    <message>
        <source>○ not done</source>
        <translation>○ nicht gemacht</translation>
    </message>
    <message>
        <source>● kept</source>
        <translation>● übernommen</translation>
    </message>
    <message>
        <source>▲ changed since</source>
        <translation>▲ seither geändert</translation>
    </message>
    <message>
        <source>◐ measured, not kept</source>
        <translation>◐ nicht übernommen</translation>
    </message>
    <message>
        <source>Keep for the profile</source>
        <translation>Ins Profil übernehmen</translation>
    </message>
    <message>
        <source>nothing kept yet</source>
        <translation>noch nichts übernommen</translation>
    </message>
    <message>
        <source>kept: %1</source>
        <translation>übernommen: %1</translation>
    </message>
    <message>
        <source>kept: %1, from %L2</source>
        <translation>übernommen: %1, aus %L2</translation>
    </message>
    <message>
        <source>changed since it was kept: not in the profile until kept again</source>
        <translation>seit der Übernahme geändert: erst nach neuer Übernahme im Profil</translation>
    </message>
    <message>
        <source>%L1: %2 x %3 px, 1 frame</source>
        <translation>%L1: %2 x %3 px, 1 Bild</translation>
    </message>
    <message>
        <source>%L1: %2 x %3 px, mean of %4 frames</source>
        <translation>%L1: %2 x %3 px, Mittel aus %4 Bildern</translation>
    </message>
    <message>
        <source>%L1: %2 x %3 px, mean of %4 frames, %5 of another exposure left out</source>
        <translation>%L1: %2 x %3 px, Mittel aus %4 Bildern, %5 anders belichtete ausgelassen</translation>
    </message>
    <message>
        <source>as Angio 2</source>
        <translation>etwa Angio 2</translation>
    </message>
    <message>
        <source>make and model</source>
        <translation>Marke und Modell</translation>
    </message>
    <message>
        <source>A profile belongs to one room and its C-arm. Name both, and who calibrates. What is calibrated now expires after the days given; the monitor says so from then on.</source>
        <translation>Ein Profil gehört zu einem Raum und seinem C-Bogen. Beide nennen, und wer kalibriert. Was jetzt kalibriert wird, läuft nach so vielen Tagen ab; die Überwachung sagt es von da an.</translation>
    </message>
    <message>
        <source>your name</source>
        <translation>Ihr Name</translation>
    </message>
    <message>
        <source>chosen when saving</source>
        <translation>wird beim Speichern gewählt</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen…</translation>
    </message>
    <message>
        <source>&amp;Room</source>
        <translation>&amp;Raum</translation>
    </message>
    <message>
        <source>C-&amp;arm</source>
        <translation>C-&amp;Bogen</translation>
    </message>
    <message>
        <source>O&amp;perator</source>
        <translation>B&amp;ediener</translation>
    </message>
    <message>
        <source>&amp;Valid for</source>
        <translation>&amp;Gültig für</translation>
    </message>
    <message>
        <source>days</source>
        <translation>Tage</translation>
    </message>
    <message>
        <source>Profile</source>
        <translation>Profil</translation>
    </message>
    <message>
        <source>no profile chosen yet: what is kept can be saved at the end</source>
        <translation>noch kein Profil gewählt: Übernommenes kann am Ende gespeichert werden</translation>
    </message>
    <message>
        <source>a new profile will be made when you save</source>
        <translation>beim Speichern entsteht ein neues Profil</translation>
    </message>
    <message>
        <source>%L1 is that of a room without a name; it is empty</source>
        <translation>%L1 gehört zu einem Raum ohne Namen; es ist leer</translation>
    </message>
    <message>
        <source>%L1 is that of a room without a name; it holds %2, which stays unless replaced</source>
        <translation>%L1 gehört zu einem Raum ohne Namen; es enthält %2; das bleibt, wenn nicht ersetzt</translation>
    </message>
    <message>
        <source>%L1 is that of %L2; it is empty</source>
        <translation>%L1 gehört zu %L2; es ist leer</translation>
    </message>
    <message>
        <source>%L1 is that of %L2; it holds %3, which stays unless replaced</source>
        <translation>%L1 gehört zu %L2; es enthält %3; das bleibt, wenn nicht ersetzt</translation>
    </message>
    <message>
        <source>Millimetres per pixel at the spine. Take one way or several: what agrees is combined, what contradicts is said and cannot be kept.</source>
        <translation>Millimeter pro Pixel an der Wirbelsäule. Ein Weg oder mehrere: was übereinstimmt, wird verrechnet; was sich widerspricht, wird gesagt und nicht übernommen.</translation>
    </message>
    <message>
        <source>Keep this scale</source>
        <translation>Maßstab übernehmen</translation>
    </message>
    <message>
        <source>open a picture first</source>
        <translation>erst ein Bild öffnen</translation>
    </message>
    <message>
        <source>measuring…</source>
        <translation>misst…</translation>
    </message>
    <message>
        <source>choose a way above</source>
        <translation>oben einen Weg wählen</translation>
    </message>
    <message>
        <source>conflict: %L1</source>
        <translation>Widerspruch: %L1</translation>
    </message>
    <message>
        <source>left out, since refused: %1</source>
        <translation>ausgelassen, da abgelehnt: %1</translation>
    </message>
    <message>
        <source>%1 mm per pixel</source>
        <translation>%1 mm pro Pixel</translation>
    </message>
    <message>
        <source>%1 mm per pixel, %L2</source>
        <translation>%1 mm pro Pixel, %L2</translation>
    </message>
    <message>
        <source>%1 to %2 (95 %), %L3</source>
        <translation>%1 bis %2 (95 %), %L3</translation>
    </message>
    <message>
        <source>Header, console:  %1</source>
        <translation>Bildkopf, Konsole:  %1</translation>
    </message>
    <message>
        <source>Cannula:  %1</source>
        <translation>Kanüle:  %1</translation>
    </message>
    <message>
        <source>Ball:  %1</source>
        <translation>Kugel:  %1</translation>
    </message>
    <message>
        <source>Ruler:  %1</source>
        <translation>Lineal:  %1</translation>
    </message>
    <message>
        <source>Known length:  %1</source>
        <translation>Bekannte Länge:  %1</translation>
    </message>
    <message>
        <source>cannula</source>
        <translation>Kanüle</translation>
    </message>
    <message>
        <source>ball</source>
        <translation>Kugel</translation>
    </message>
    <message>
        <source>ruler</source>
        <translation>Lineal</translation>
    </message>
    <message>
        <source>known length</source>
        <translation>bekannte Länge</translation>
    </message>
    <message>
        <source>incomplete</source>
        <translation>unvollständig</translation>
    </message>
    <message>
        <source>refused</source>
        <translation>abgelehnt</translation>
    </message>
    <message>
        <source>left out</source>
        <translation>ausgelassen</translation>
    </message>
    <message>
        <source>contradicts itself</source>
        <translation>widerspricht sich</translation>
    </message>
    <message>
        <source>states no scale</source>
        <translation>nennt keinen Maßstab</translation>
    </message>
    <message>
        <source>nothing is to be measured</source>
        <translation>nichts zu messen</translation>
    </message>
    <message>
        <source>not measured yet</source>
        <translation>noch nicht gemessen</translation>
    </message>
    <message>
        <source>measuring</source>
        <translation>misst</translation>
    </message>
    <message>
        <source>measured</source>
        <translation>gemessen</translation>
    </message>
    <message>
        <source>changed since</source>
        <translation>seither geändert</translation>
    </message>
    <message>
        <source>refused: %L1</source>
        <translation>abgelehnt: %L1</translation>
    </message>
    <message>
        <source>outdated: the marks or the value have changed since it was measured</source>
        <translation>veraltet: Marken oder Wert seit der Messung geändert</translation>
    </message>
    <message>
        <source>take what the header and the console state</source>
        <translation>Angaben von Bildkopf und Konsole verwenden</translation>
    </message>
    <message>
        <source>Nothing to mark. What the header does not state, read off the C-arm's console. Say how much nearer to the detector than the isocentre the spine lies, and how sure that is.</source>
        <translation>Nichts zu markieren. Was der Bildkopf nicht nennt, an der Konsole des C-Bogens ablesen. Angeben, wie viel näher am Detektor als das Isozentrum die Wirbelsäule liegt, und wie sicher das ist.</translation>
    </message>
    <message>
        <source>Detector pixel</source>
        <translation>Detektorpixel</translation>
    </message>
    <message>
        <source>Source to detector</source>
        <translation>Fokus–Detektor</translation>
    </message>
    <message>
        <source>Source to patient</source>
        <translation>Fokus–Patient</translation>
    </message>
    <message>
        <source>Spine nearer by</source>
        <translation>Wirbelsäule näher um</translation>
    </message>
    <message>
        <source>give or take (1 SD)</source>
        <translation>plus/minus (1 SD)</translation>
    </message>
    <message>
        <source>stated by the header</source>
        <translation>steht im Bildkopf</translation>
    </message>
    <message>
        <source>what the header states gives no scale: type what the console shows, or mark an object</source>
        <translation>der Bildkopf ergibt keinen Maßstab: Angaben der Konsole eingeben, oder ein Objekt markieren</translation>
    </message>
    <message>
        <source>Click two points along the straight part of the shaft, far apart, each on the shaft. Its edges are found between them.</source>
        <translation>Zwei Punkte auf dem geraden Teil des Schafts anklicken, weit auseinander. Dazwischen werden die Ränder gesucht.</translation>
    </message>
    <message>
        <source>Gauge</source>
        <translation>Gauge</translation>
    </message>
    <message>
        <source>Put a steel or lead ball at the height of the spine and click within its shadow.</source>
        <translation>Stahl- oder Bleikugel auf Höhe der Wirbelsäule legen und in ihren Schatten klicken.</translation>
    </message>
    <message>
        <source>Diameter (mm)</source>
        <translation>Durchmesser (mm)</translation>
    </message>
    <message>
        <source>Lay a radiopaque ruler at the height of the spine, square to the beam. Click its first and its last mark.</source>
        <translation>Röntgendichtes Lineal auf Höhe der Wirbelsäule legen, quer zum Strahl. Ersten und letzten Strich anklicken.</translation>
    </message>
    <message>
        <source>Mark to mark (mm)</source>
        <translation>Strich zu Strich (mm)</translation>
    </message>
    <message>
        <source>Click both ends of something of known length at the height of the spine, square to the beam.</source>
        <translation>Beide Enden von etwas bekannter Länge anklicken, auf Höhe der Wirbelsäule, quer zum Strahl.</translation>
    </message>
    <message>
        <source>Length (mm)</source>
        <translation>Länge (mm)</translation>
    </message>
    <message>
        <source>marked; now say: gauge</source>
        <translation>markiert; jetzt angeben: Gauge</translation>
    </message>
    <message>
        <source>marked; now say: diameter (mm)</source>
        <translation>markiert; jetzt angeben: Durchmesser (mm)</translation>
    </message>
    <message>
        <source>marked; now say: mark to mark (mm)</source>
        <translation>markiert; jetzt angeben: Strich zu Strich (mm)</translation>
    </message>
    <message>
        <source>marked; now say: length (mm)</source>
        <translation>markiert; jetzt angeben: Länge (mm)</translation>
    </message>
    <message>
        <source>Image intensifiers only: clamp a plate of beads or a wire grid flat to the entrance window and take a picture of it. Nothing has to be marked. Flat detectors do not distort: skip this page.</source>
        <translation>Nur für Bildverstärker: Kugelplatte oder Drahtgitter flach am Eingangsfenster befestigen und aufnehmen. Nichts ist zu markieren. Flachdetektoren verzeichnen nicht: diese Seite auslassen.</translation>
    </message>
    <message>
        <source>Keep this distortion</source>
        <translation>Verzeichnung übernehmen</translation>
    </message>
    <message>
        <source>mm per pixel, if known</source>
        <translation>mm pro Pixel, falls bekannt</translation>
    </message>
    <message>
        <source>square</source>
        <translation>quadratisch</translation>
    </message>
    <message>
        <source>hexagonal</source>
        <translation>hexagonal</translation>
    </message>
    <message>
        <source>&amp;Pitch (mm)</source>
        <translation>&amp;Raster (mm)</translation>
    </message>
    <message>
        <source>&amp;Lattice</source>
        <translation>&amp;Gitter</translation>
    </message>
    <message>
        <source>Rough scale</source>
        <translation>Grober Maßstab</translation>
    </message>
    <message>
        <source>Find the &amp;marks</source>
        <translation>&amp;Marken suchen</translation>
    </message>
    <message>
        <source>Straight line test</source>
        <translation>Probe mit gerader Linie</translation>
    </message>
    <message>
        <source>Lay a straight wire or rod across the window, also in another picture, and click two points on it.</source>
        <translation>Geraden Draht oder Stab über das Fenster legen, auch in einem anderen Bild, und zwei Punkte darauf anklicken.</translation>
    </message>
    <message>
        <source>mark a &amp;wire</source>
        <translation>&amp;Draht markieren</translation>
    </message>
    <message>
        <source>Width (px)</source>
        <translation>Breite (px)</translation>
    </message>
    <message>
        <source>looking for the marks…</source>
        <translation>sucht die Marken…</translation>
    </message>
    <message>
        <source>outdated: picture or values have changed since; find the marks again</source>
        <translation>veraltet: Bild oder Werte seither geändert; Marken neu suchen</translation>
    </message>
    <message>
        <source>not looked for in this picture; what was kept stays</source>
        <translation>in diesem Bild nicht gesucht; Übernommenes bleibt</translation>
    </message>
    <message>
        <source>outdated: the marks have changed since</source>
        <translation>veraltet: Marken seither geändert</translation>
    </message>
    <message>
        <source>%1 mm RMS left</source>
        <translation>%1 mm RMS Rest</translation>
    </message>
    <message>
        <source>%1 marks found, %2 strays, pitch %3 px</source>
        <translation>%1 Marken gefunden, %2 falsche, Raster %3 px</translation>
    </message>
    <message>
        <source>polynomials of order %1; at marks that they were not fitted to: %2 mm RMS, %3 mm at most</source>
        <translation>Polynome der Ordnung %1; an nicht angepassten Marken: %2 mm RMS, höchstens %3 mm</translation>
    </message>
    <message>
        <source>%1 mm per pixel in the middle, in the plane of the phantom</source>
        <translation>%1 mm pro Pixel in der Mitte, in der Ebene des Phantoms</translation>
    </message>
    <message>
        <source>Lay the very cement over what attenuates like a patient and average 16 frames. First type how thick the pieces are, in their order; then click the middle of the first and of the last step, or each lying cylinder in that order.</source>
        <translation>Den Zement selbst auf etwas legen, das wie ein Patient schwächt, und 16 Bilder mitteln. Erst die Dicken der Stücke eingeben, in ihrer Folge; dann die Mitte der ersten und der letzten Stufe anklicken, oder jeden liegenden Zylinder in dieser Folge.</translation>
    </message>
    <message>
        <source>Keep this density</source>
        <translation>Dichte übernehmen</translation>
    </message>
    <message>
        <source>name, optional</source>
        <translation>Name, wahlweise</translation>
    </message>
    <message>
        <source>steps of a wedge</source>
        <translation>Stufen eines Keils</translation>
    </message>
    <message>
        <source>lying cylinders</source>
        <translation>liegende Zylinder</translation>
    </message>
    <message>
        <source>Thickness (mm)</source>
        <translation>Dicke (mm)</translation>
    </message>
    <message>
        <source>Diameters (mm)</source>
        <translation>Durchmesser (mm)</translation>
    </message>
    <message>
        <source>&amp;What</source>
        <translation>&amp;Was</translation>
    </message>
    <message>
        <source>&amp;Cement</source>
        <translation>&amp;Zement</translation>
    </message>
    <message>
        <source>Without a wedge: two aliquots typed into the plan do the same during a procedure.</source>
        <translation>Ohne Keil: zwei in den Plan eingegebene Teilmengen leisten beim Eingriff dasselbe.</translation>
    </message>
    <message>
        <source>first step</source>
        <translation>erste Stufe</translation>
    </message>
    <message>
        <source>last step</source>
        <translation>letzte Stufe</translation>
    </message>
    <message>
        <source>type the thickness (mm) of all pieces, as 1,2,4,8</source>
        <translation>die Dicke (mm) aller Stücke eingeben, etwa 1,2,4,8</translation>
    </message>
    <message>
        <source>type the diameters (mm) of all pieces, as 1,2,4,8</source>
        <translation>die Durchmesser (mm) aller Stücke eingeben, etwa 1,2,4,8</translation>
    </message>
    <message>
        <source>outdated: marks or thicknesses have changed since it was measured</source>
        <translation>veraltet: Marken oder Dicken seit der Messung geändert</translation>
    </message>
    <message>
        <source>The delay from glass to glass. Point a camera that is captured at this screen, or feed the screen's signal to the capture device. The screen then flashes in black and white for the seconds given: warn whoever is sensitive to that. Escape stops it.</source>
        <translation>Die Verzögerung von Bild zu Bild. Eine aufgenommene Kamera auf diesen Bildschirm richten, oder sein Signal auf das Aufnahmegerät geben. Der Bildschirm blitzt dann so viele Sekunden schwarz und weiß: Empfindliche vorher warnen. Escape hält an.</translation>
    </message>
    <message>
        <source>Keep this delay</source>
        <translation>Verzögerung übernehmen</translation>
    </message>
    <message>
        <source>device:0, or an address</source>
        <translation>device:0, oder eine Adresse</translation>
    </message>
    <message>
        <source>&amp;Live source</source>
        <translation>&amp;Live-Quelle</translation>
    </message>
    <message>
        <source>Flash for</source>
        <translation>Blitzen für</translation>
    </message>
    <message>
        <source>Flas&amp;h and measure</source>
        <translation>&amp;Blitzen und messen</translation>
    </message>
    <message>
        <source>outdated: source or seconds have changed since it was measured</source>
        <translation>veraltet: Quelle oder Sekunden seit der Messung geändert</translation>
    </message>
    <message>
        <source>opening the source, then flashing…</source>
        <translation>öffnet die Quelle, blitzt dann…</translation>
    </message>
    <message>
        <source>Review and save</source>
        <translation>Prüfen und speichern</translation>
    </message>
    <message>
        <source>What the profile will hold. Parts that it held already stay unless they were replaced. Only what was kept on its page is written.</source>
        <translation>Was das Profil enthalten wird. Was es schon enthielt, bleibt, wenn nicht ersetzt. Nur was auf seiner Seite übernommen wurde, wird geschrieben.</translation>
    </message>
    <message>
        <source>Save the profile</source>
        <translation>Profil speichern</translation>
    </message>
    <message>
        <source>part</source>
        <translation>Teil</translation>
    </message>
    <message>
        <source>value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>95 % uncertainty</source>
        <translation>Unsicherheit 95 %</translation>
    </message>
    <message>
        <source>dated</source>
        <translation>Datum</translation>
    </message>
    <message>
        <source>holds for</source>
        <translation>gilt für</translation>
    </message>
    <message>
        <source>comes from</source>
        <translation>stammt aus</translation>
    </message>
    <message>
        <source>in the profile</source>
        <translation>dem Profil</translation>
    </message>
    <message>
        <source>this session, replaces the old</source>
        <translation>dieser Sitzung, ersetzt das alte</translation>
    </message>
    <message>
        <source>this session, not saved yet</source>
        <translation>dieser Sitzung, ungespeichert</translation>
    </message>
    <message>
        <source>nothing new to save</source>
        <translation>nichts Neues zu speichern</translation>
    </message>
    <message>
        <source>to be saved: %1</source>
        <translation>zu speichern: %1</translation>
    </message>
    <message>
        <source>changed since kept, not in the profile: %1</source>
        <translation>seit Übernahme geändert, nicht im Profil: %1</translation>
    </message>
    <message>
        <source>measured, not kept: %1</source>
        <translation>gemessen, nicht übernommen: %1</translation>
    </message>
    <message>
        <source>missing: not corrected</source>
        <translation>fehlt: nicht korrigiert</translation>
    </message>
    <message>
        <source>missing: volumes serve for comparison only</source>
        <translation>fehlt: Volumina nur zum Vergleich</translation>
    </message>
    <message>
        <source>missing: millimetres are those of the plan alone</source>
        <translation>fehlt: Millimeter allein nach dem Plan</translation>
    </message>
    <message>
        <source>missing: delay of the picture unknown</source>
        <translation>fehlt: Verzögerung des Bildes unbekannt</translation>
    </message>
    <message>
        <source>%1 mm per pixel (%L2)</source>
        <translation>%1 mm pro Pixel (%L2)</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation>%1 bis %2</translation>
    </message>
    <message>
        <source>%1 ms, glass to glass</source>
        <translation>%1 ms, von Bild zu Bild</translation>
    </message>
    <message>
        <source>%L1
until %2</source>
        <translation>%L1
bis %2</translation>
    </message>
    <message>
        <source>%L1
expired on %2</source>
        <translation>%L1
abgelaufen am %2</translation>
    </message>
    <message>
        <source>%L1 saved in %L2, until %3</source>
        <translation>%L1 gespeichert in %L2, bis %3</translation>
    </message>
    <message>
        <source>not saved: %L1</source>
        <translation>nicht gespeichert: %L1</translation>
    </message>
    <message>
        <source>no picture yet: open a file, a folder or a device above</source>
        <translation>noch kein Bild: oben Datei, Ordner oder Gerät öffnen</translation>
    </message>
    <message>
        <source>left: set or drag a mark, drag the picture; right: window and level; wheel: zoom</source>
        <translation>links: Marke setzen oder ziehen, Bild ziehen; rechts: Fenstern; Rad: Zoom</translation>
    </message>
    <message>
        <source>to the picture</source>
        <translation>zum Bild</translation>
    </message>
    <message>
        <source>set the next mark in the middle</source>
        <translation>nächste Marke in der Mitte setzen</translation>
    </message>
    <message>
        <source>move the chosen mark by a pixel, with Shift by 10, with Alt by 0.1</source>
        <translation>gewählte Marke um ein Pixel bewegen, mit Umschalt um 10, mit Alt um 0.1</translation>
    </message>
    <message>
        <source>choose another mark</source>
        <translation>andere Marke wählen</translation>
    </message>
    <message>
        <source>remove the marks of this way</source>
        <translation>Marken dieses Wegs entfernen</translation>
    </message>
    <message>
        <source>zoom, all of the picture</source>
        <translation>Zoom, ganzes Bild</translation>
    </message>
    <message>
        <source>window and level, automatic</source>
        <translation>Fenstern, automatisch</translation>
    </message>
    <message>
        <source>go to a page</source>
        <translation>zu einer Seite</translation>
    </message>
    <message>
        <source>keep what was found</source>
        <translation>Gefundenes übernehmen</translation>
    </message>
    <message>
        <source>open a file, save the profile</source>
        <translation>Datei öffnen, Profil speichern</translation>
    </message>
    <message>
        <source>%L1: %2 mm per pixel in its own plane, plus or minus %3 % (95 %)</source>
        <translation>%L1: %2 mm pro Pixel in der eigenen Ebene, plus/minus %3 % (95 %)</translation>
    </message>
    <message>
        <source>a cannula of %1 mm is %2 px wide: %3 mm per pixel in its own plane, plus or minus %4 % (95 %)</source>
        <translation>Kanüle von %1 mm ist %2 px breit: %3 mm pro Pixel in der eigenen Ebene, plus/minus %4 % (95 %)</translation>
    </message>
    <message>
        <source>it may lie %1 mm (one SD) nearer or farther than the spine, which is %2 mm from the source: another %3 %</source>
        <translation>sie kann %1 mm (1 SD) näher oder ferner liegen als die Wirbelsäule, die %2 mm von der Quelle liegt: weitere %3 %</translation>
    </message>
    <message>
        <source>room not named</source>
        <translation>Raum nicht genannt</translation>
    </message>
    <message>
        <source>C-arm not named</source>
        <translation>C-Bogen nicht genannt</translation>
    </message>
</context>
<context>
    <name>training</name>
    <message>
        <source>exercises</source>
        <translation>Übungen</translation>
    </message>
    <message>
        <source>exercise</source>
        <translation>Übung</translation>
    </message>
    <message>
        <source>difficulty</source>
        <translation>Grad</translation>
    </message>
    <message>
        <source>what to do</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>without</source>
        <translation>ohne</translation>
    </message>
    <message>
        <source>difficulty %1 of %2: %3</source>
        <translation>Schwierigkeit %1 von %2: %3</translation>
    </message>
    <message>
        <source>first steps</source>
        <translation>erste Schritte</translation>
    </message>
    <message>
        <source>easy</source>
        <translation>leicht</translation>
    </message>
    <message>
        <source>usual</source>
        <translation>üblich</translation>
    </message>
    <message>
        <source>hard</source>
        <translation>schwer</translation>
    </message>
    <message>
        <source>very hard</source>
        <translation>sehr schwer</translation>
    </message>
    <message>
        <source>at most %1 s; cement is ready after %2 s</source>
        <translation>höchstens %1 s; Zement bereit nach %2 s</translation>
    </message>
    <message>
        <source>Warm-up</source>
        <translation>Aufwärmen</translation>
    </message>
    <message>
        <source>First filling</source>
        <translation>Erste Füllung</translation>
    </message>
    <message>
        <source>Slow, towards the back</source>
        <translation>Langsam nach hinten</translation>
    </message>
    <message>
        <source>At the endplate</source>
        <translation>An der Deckplatte</translation>
    </message>
    <message>
        <source>A whole filling</source>
        <translation>Eine ganze Füllung</translation>
    </message>
    <message>
        <source>Towards the back</source>
        <translation>Nach hinten</translation>
    </message>
    <message>
        <source>A vessel</source>
        <translation>Ein Gefäß</translation>
    </message>
    <message>
        <source>Surprise</source>
        <translation>Überraschung</translation>
    </message>
    <message>
        <source>Two levels</source>
        <translation>Zwei Höhen</translation>
    </message>
    <message>
        <source>A restless patient</source>
        <translation>Unruhiger Patient</translation>
    </message>
    <message>
        <source>Little dose</source>
        <translation>Wenig Dosis</translation>
    </message>
    <message>
        <source>Something leaves</source>
        <translation>Etwas löst sich</translation>
    </message>
    <message>
        <source>Fast and thin</source>
        <translation>Schnell und dünn</translation>
    </message>
    <message>
        <source>Hard surprise</source>
        <translation>Schwere Überraschung</translation>
    </message>
    <message>
        <source>how the pedal works; the monitor still learns</source>
        <translation>wie das Pedal geht; der Monitor lernt noch</translation>
    </message>
    <message>
        <source>fill the level as planned; much contrast, little movement</source>
        <translation>wie geplant füllen; viel Kontrast, wenig Bewegung</translation>
    </message>
    <message>
        <source>fill, and stop before it leaks; much contrast, slow</source>
        <translation>füllen und vor dem Austritt aufhören; viel Kontrast, langsam</translation>
    </message>
    <message>
        <source>fill, and stop before it leaks; good image</source>
        <translation>füllen und vor dem Austritt aufhören; gutes Bild</translation>
    </message>
    <message>
        <source>fill the level as planned</source>
        <translation>wie geplant füllen</translation>
    </message>
    <message>
        <source>fill, and stop before it leaks</source>
        <translation>füllen und vor dem Austritt aufhören</translation>
    </message>
    <message>
        <source>fill as planned, and stop before it leaks: it may or may not</source>
        <translation>wie geplant füllen, vor einem Austritt aufhören: er kann kommen oder nicht</translation>
    </message>
    <message>
        <source>L1 first, then T12: let go and press again between them</source>
        <translation>erst L1, dann T12: dazwischen loslassen und neu drücken</translation>
    </message>
    <message>
        <source>fill as planned; deep breath, one sudden movement</source>
        <translation>wie geplant füllen; tiefer Atem, ein Ruck</translation>
    </message>
    <message>
        <source>fill, and stop before it leaks; little dose</source>
        <translation>füllen und vor dem Austritt aufhören; wenig Dosis</translation>
    </message>
    <message>
        <source>fill, and stop before it leaks; little dose, fast</source>
        <translation>füllen und vor dem Austritt aufhören; wenig Dosis, schnell</translation>
    </message>
    <message>
        <source>may leak or not; faint cement, little dose</source>
        <translation>Austritt möglich; blasser Zement, wenig Dosis</translation>
    </message>
    <message>
        <source>trainee</source>
        <translation>Übende Person</translation>
    </message>
    <message>
        <source>name of the trainee</source>
        <translation>Name der übenden Person</translation>
    </message>
    <message>
        <source>the monitor's help</source>
        <translation>Hilfe des Monitors</translation>
    </message>
    <message>
        <source>off: the bare image, without contour, numbers or alarms</source>
        <translation>aus: das Bild allein, ohne Umriss, Zahlen und Alarme</translation>
    </message>
    <message>
        <source>hints</source>
        <translation>Hinweise</translation>
    </message>
    <message>
        <source>patient (a number)</source>
        <translation>Patient (eine Zahl)</translation>
    </message>
    <message>
        <source>another patient each time</source>
        <translation>jedes Mal ein anderer Patient</translation>
    </message>
    <message>
        <source>&amp;Start</source>
        <translation>&amp;Beginnen</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>A recording…</source>
        <translation>Eine Aufzeichnung…</translation>
    </message>
    <message>
        <source>simulated procedures; scores are not validated against clinical skill</source>
        <translation>simulierte Eingriffe; die Punkte sind nicht an klinischem Können geprüft</translation>
    </message>
    <message>
        <source>scores are not validated against clinical skill</source>
        <translation>die Punkte sind nicht an klinischem Können geprüft</translation>
    </message>
    <message>
        <source>Folder of a session, or of a simulated run</source>
        <translation>Ordner einer Sitzung oder eines simulierten Laufs</translation>
    </message>
    <message>
        <source>the trainee needs a name</source>
        <translation>die übende Person braucht einen Namen</translation>
    </message>
    <message>
        <source>the trainee's name has %1 characters; %2 are the most</source>
        <translation>der Name hat %1 Zeichen; höchstens %2</translation>
    </message>
    <message>
        <source>the trainee's name has characters that cannot be shown</source>
        <translation>der Name hat Zeichen, die sich nicht zeigen lassen</translation>
    </message>
    <message>
        <source>the patient is a whole number from 0, not %L1</source>
        <translation>der Patient ist eine ganze Zahl ab 0, nicht %L1</translation>
    </message>
    <message>
        <source>preparing the patient…</source>
        <translation>Patient wird vorbereitet…</translation>
    </message>
    <message>
        <source>scoring…</source>
        <translation>wird ausgewertet…</translation>
    </message>
    <message>
        <source>reading the recording…</source>
        <translation>Aufzeichnung wird gelesen…</translation>
    </message>
    <message>
        <source>getting the decisive seconds…</source>
        <translation>die entscheidenden Sekunden werden geholt…</translation>
    </message>
    <message>
        <source>CementWatch training. %1</source>
        <translation>CementWatch Training. %1</translation>
    </message>
    <message>
        <source>CementWatch training: %1. %2</source>
        <translation>CementWatch Training: %1. %2</translation>
    </message>
    <message>
        <source>monitor's help off</source>
        <translation>Hilfe des Monitors aus</translation>
    </message>
    <message>
        <source>the image as a C-arm shows it:</source>
        <translation>das Bild, wie es der C-Bogen zeigt:</translation>
    </message>
    <message>
        <source>no contour, no numbers, no alarms</source>
        <translation>kein Umriss, keine Zahlen, keine Alarme</translation>
    </message>
    <message>
        <source>you alone decide when to stop</source>
        <translation>allein entscheiden, wann Schluss ist</translation>
    </message>
    <message>
        <source>the monitor's help is off</source>
        <translation>die Hilfe des Monitors ist aus</translation>
    </message>
    <message>
        <source>simulated procedure</source>
        <translation>simulierter Eingriff</translation>
    </message>
    <message>
        <source>a recording, not live</source>
        <translation>eine Aufzeichnung, nicht live</translation>
    </message>
    <message>
        <source>a recording, as it was</source>
        <translation>eine Aufzeichnung, wie sie war</translation>
    </message>
    <message>
        <source>held down</source>
        <translation>gehalten</translation>
    </message>
    <message>
        <source>let go where you would stop</source>
        <translation>loslassen, wo man stoppen würde</translation>
    </message>
    <message>
        <source>simulated procedures and recordings</source>
        <translation>simulierte Eingriffe und Aufzeichnungen</translation>
    </message>
    <message>
        <source>recording: %L1</source>
        <translation>Aufzeichnung: %L1</translation>
    </message>
    <message>
        <source>hold the space bar, or the mouse here</source>
        <translation>Leertaste halten, oder hier die Maus</translation>
    </message>
    <message>
        <source>hold %1, or the mouse here</source>
        <translation>%1 halten, oder hier die Maus</translation>
    </message>
    <message>
        <source>not yet</source>
        <translation>noch nicht</translation>
    </message>
    <message>
        <source>cement is ready in %1 s</source>
        <translation>Zement bereit in %1 s</translation>
    </message>
    <message>
        <source>level done</source>
        <translation>Höhe fertig</translation>
    </message>
    <message>
        <source>let go, then press for the next</source>
        <translation>loslassen, dann neu drücken</translation>
    </message>
    <message>
        <source>empty</source>
        <translation>leer</translation>
    </message>
    <message>
        <source>let go</source>
        <translation>loslassen</translation>
    </message>
    <message>
        <source>injecting</source>
        <translation>spritzt</translation>
    </message>
    <message>
        <source>let go to stop</source>
        <translation>loslassen zum Stoppen</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>gestoppt</translation>
    </message>
    <message>
        <source>End</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Give up</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>watch the back: cement must not reach the posterior wall</source>
        <translation>hinten hinsehen: Zement darf die Hinterkante nicht erreichen</translation>
    </message>
    <message>
        <source>stop before the last quarter of the body is full</source>
        <translation>stoppen, ehe das letzte Viertel des Wirbelkörpers voll ist</translation>
    </message>
    <message>
        <source>the last quarter of the body's depth is where to stop</source>
        <translation>im letzten Viertel der Tiefe des Wirbelkörpers ist Schluss</translation>
    </message>
    <message>
        <source>cement may touch an endplate; beyond it, it has leaked</source>
        <translation>Zement darf die Deckplatte berühren; dahinter ist er ausgetreten</translation>
    </message>
    <message>
        <source>a thin dark line out of the body is a vein: let go at once</source>
        <translation>dünne dunkle Linie aus dem Körper ist eine Vene: sofort loslassen</translation>
    </message>
    <message>
        <source>go on while it stays in the body: a needless stop costs points</source>
        <translation>weiter, solange er im Körper bleibt: grundloser Stopp kostet Punkte</translation>
    </message>
    <message>
        <source>little dose: look for what stays from image to image</source>
        <translation>wenig Dosis: auf das achten, was von Bild zu Bild bleibt</translation>
    </message>
    <message>
        <source>follow the vertebra, not the screen: it moves with the breath</source>
        <translation>dem Wirbel folgen, nicht dem Bildschirm: er geht mit dem Atem</translation>
    </message>
    <message>
        <source>look before and beside the body as well as at its back</source>
        <translation>auch vor und neben den Körper sehen, nicht nur nach hinten</translation>
    </message>
    <message>
        <source>the second level is the upper one</source>
        <translation>die zweite Höhe ist die obere</translation>
    </message>
    <message>
        <source>what moves away from the body has gone into the blood</source>
        <translation>was sich vom Körper entfernt, ist im Blut</translation>
    </message>
    <message>
        <source>hold the pedal until the planned volume is in, then let go</source>
        <translation>Pedal halten, bis das geplante Volumen drin ist, dann loslassen</translation>
    </message>
    <message>
        <source>near the posterior wall: be ready to let go</source>
        <translation>nahe der Hinterkante: gleich loslassen</translation>
    </message>
    <message>
        <source>cement touches an endplate: does it stay on this side?</source>
        <translation>Zement berührt eine Deckplatte: bleibt er diesseits?</translation>
    </message>
    <message>
        <source>with the monitor's help</source>
        <translation>mit Hilfe des Monitors</translation>
    </message>
    <message>
        <source>without the monitor's help</source>
        <translation>ohne Hilfe des Monitors</translation>
    </message>
    <message>
        <source>kept in the history</source>
        <translation>in der Übungsakte</translation>
    </message>
    <message>
        <source>patient %1</source>
        <translation>Patient %1</translation>
    </message>
    <message>
        <source>not kept: %L1</source>
        <translation>nicht behalten: %L1</translation>
    </message>
    <message>
        <source>See it again</source>
        <translation>Noch einmal ansehen</translation>
    </message>
    <message>
        <source>Once more</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Exercises</source>
        <translation>Übungen</translation>
    </message>
    <message>
        <source>of 100</source>
        <translation>von 100</translation>
    </message>
    <message>
        <source>no score</source>
        <translation>keine Punkte</translation>
    </message>
    <message>
        <source>reaction</source>
        <translation>Reaktion</translation>
    </message>
    <message>
        <source>closest to the posterior wall</source>
        <translation>der Hinterkante am nächsten</translation>
    </message>
    <message>
        <source>leaked</source>
        <translation>ausgetreten</translation>
    </message>
    <message>
        <source>missed leaks</source>
        <translation>verpasste Austritte</translation>
    </message>
    <message>
        <source>needless stops</source>
        <translation>grundlose Stopps</translation>
    </message>
    <message>
        <source>does not count</source>
        <translation>zählt nicht</translation>
    </message>
    <message>
        <source>endplates %1 mm</source>
        <translation>Deckplatten %1 mm</translation>
    </message>
    <message>
        <source>anterior wall %1 mm</source>
        <translation>Vorderkante %1 mm</translation>
    </message>
    <message>
        <source>endplates crossed</source>
        <translation>Deckplatten überschritten</translation>
    </message>
    <message>
        <source>anterior wall crossed</source>
        <translation>Vorderkante überschritten</translation>
    </message>
    <message>
        <source>releasing a switch takes %1 ± %2 s</source>
        <translation>einen Schalter loslassen dauert %1 ± %2 s</translation>
    </message>
    <message>
        <source>let go %1 s before the danger</source>
        <translation>%1 s vor der Gefahr losgelassen</translation>
    </message>
    <message>
        <source>nothing dangerous came about</source>
        <translation>nichts Gefährliches geschah</translation>
    </message>
    <message>
        <source>not let go</source>
        <translation>nicht losgelassen</translation>
    </message>
    <message>
        <source>held for over %1 s after</source>
        <translation>danach über %1 s gehalten</translation>
    </message>
    <message>
        <source>longer than %1 s while nothing was near</source>
        <translation>länger als %1 s, obwohl nichts nahe war</translation>
    </message>
    <message>
        <source>%1 % of %2 mL possible</source>
        <translation>%1 % von möglichen %2 mL</translation>
    </message>
    <message>
        <source>planned %1 mL</source>
        <translation>geplant %1 mL</translation>
    </message>
    <message>
        <source>scored by: %1</source>
        <translation>gewertet nach: %1</translation>
    </message>
    <message>
        <source>shown: %1</source>
        <translation>gezeigt: %1</translation>
    </message>
    <message>
        <source>truth of the simulation</source>
        <translation>Wahrheit der Simulation</translation>
    </message>
    <message>
        <source>truth.json of the recording</source>
        <translation>truth.json der Aufzeichnung</translation>
    </message>
    <message>
        <source>a mark of the operator in the log, not the truth</source>
        <translation>einer Marke im Protokoll, nicht der Wahrheit</translation>
    </message>
    <message>
        <source>an alarm of the monitor in the log, not the truth</source>
        <translation>einem Alarm im Protokoll, nicht der Wahrheit</translation>
    </message>
    <message>
        <source>an onset that was given</source>
        <translation>einem angegebenen Beginn</translation>
    </message>
    <message>
        <source>you stopped %1 s after %2</source>
        <translation>%1 s nach diesem Ereignis gestoppt: %2</translation>
    </message>
    <message>
        <source>you did not stop after %1</source>
        <translation>nicht gestoppt nach diesem Ereignis: %1</translation>
    </message>
    <message>
        <source>you had stopped %1 s before %2</source>
        <translation>%1 s vor diesem Ereignis gestoppt: %2</translation>
    </message>
    <message>
        <source>the pedal was not held when %1</source>
        <translation>Pedal nicht gehalten bei diesem Ereignis: %1</translation>
    </message>
    <message>
        <source>cement came near to the posterior wall</source>
        <translation>Zement der Hinterkante nahe gekommen</translation>
    </message>
    <message>
        <source>cement entered %1</source>
        <translation>Zement in %1 gelangt</translation>
    </message>
    <message>
        <source>cement left the body</source>
        <translation>Zement aus dem Wirbelkörper gelangt</translation>
    </message>
    <message>
        <source>the spinal canal</source>
        <translation>den Spinalkanal</translation>
    </message>
    <message>
        <source>the disc above</source>
        <translation>die Bandscheibe darüber</translation>
    </message>
    <message>
        <source>the disc below</source>
        <translation>die Bandscheibe darunter</translation>
    </message>
    <message>
        <source>a vein</source>
        <translation>eine Vene</translation>
    </message>
    <message>
        <source>the blood</source>
        <translation>das Blut</translation>
    </message>
    <message>
        <source>the foramen</source>
        <translation>das Foramen</translation>
    </message>
    <message>
        <source>the soft tissue beside the body</source>
        <translation>das Weichgewebe neben dem Körper</translation>
    </message>
    <message>
        <source>hardly anything was injected</source>
        <translation>kaum etwas eingespritzt</translation>
    </message>
    <message>
        <source>cement crossed the posterior wall by %1 mm</source>
        <translation>Zement um %1 mm über die Hinterkante</translation>
    </message>
    <message>
        <source>closest to the posterior wall %1 mm</source>
        <translation>der Hinterkante am nächsten: %1 mm</translation>
    </message>
    <message>
        <source>%1 mL left the body</source>
        <translation>%1 mL aus dem Wirbelkörper ausgetreten</translation>
    </message>
    <message>
        <source>the injection went on after a leak could be seen</source>
        <translation>es wurde weiter gespritzt, obwohl ein Austritt zu sehen war</translation>
    </message>
    <message>
        <source>stops without a reason: %1</source>
        <translation>Stopps ohne Grund: %1</translation>
    </message>
    <message>
        <source>stops without a reason: %1, %2 s in all</source>
        <translation>Stopps ohne Grund: %1, zusammen %2 s</translation>
    </message>
    <message>
        <source>%1 mL of %2 mL that were possible: %3 %</source>
        <translation>%1 mL von möglichen %2 mL: %3 %</translation>
    </message>
    <message>
        <source>%1 s longer than releasing a switch takes (%2 s)</source>
        <translation>%1 s länger, als einen Schalter loszulassen dauert (%2 s)</translation>
    </message>
    <message>
        <source>%1 s shorter than releasing a switch takes (%2 s)</source>
        <translation>%1 s kürzer, als einen Schalter loszulassen dauert (%2 s)</translation>
    </message>
    <message>
        <source>debrief</source>
        <translation>Nachbesprechung</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Slow</source>
        <translation>Langsam</translation>
    </message>
    <message>
        <source>Whole image</source>
        <translation>Ganzes Bild</translation>
    </message>
    <message>
        <source>a quarter of the speed (S)</source>
        <translation>ein Viertel der Geschwindigkeit (S)</translation>
    </message>
    <message>
        <source>wall %1 mm</source>
        <translation>Hinterkante %1 mm</translation>
    </message>
    <message>
        <source>wall %1 mm beyond</source>
        <translation>Hinterkante %1 mm überschritten</translation>
    </message>
    <message>
        <source>leaked %1 mL</source>
        <translation>ausgetreten %1 mL</translation>
    </message>
    <message>
        <source>%1 mm beyond</source>
        <translation>%1 mm dahinter</translation>
    </message>
    <message>
        <source>yellow: cement</source>
        <translation>gelb: Zement</translation>
    </message>
    <message>
        <source>violet: cement outside the body</source>
        <translation>violett: Zement außerhalb</translation>
    </message>
    <message>
        <source>line: from the front to the posterior wall</source>
        <translation>Linie: von der Front zur Hinterkante</translation>
    </message>
    <message>
        <source>on the bar, blue: pedal held</source>
        <translation>auf der Leiste blau: Pedal gehalten</translation>
    </message>
    <message>
        <source>the monitor raised no HIGH alarm</source>
        <translation>der Monitor gab keinen Alarm HOCH</translation>
    </message>
    <message>
        <source>the monitor's first HIGH alarm: %1 s before that</source>
        <translation>erster Alarm HOCH des Monitors: %1 s davor</translation>
    </message>
    <message>
        <source>the monitor's first HIGH alarm: %1 s after that</source>
        <translation>erster Alarm HOCH des Monitors: %1 s danach</translation>
    </message>
    <message>
        <source>progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>score</source>
        <translation>Punkte</translation>
    </message>
    <message>
        <source>all trainees</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>all exercises</source>
        <translation>alle Übungen</translation>
    </message>
    <message>
        <source>nothing yet</source>
        <translation>noch nichts</translation>
    </message>
    <message>
        <source>attempt %1</source>
        <translation>Versuch %1</translation>
    </message>
    <message>
        <source>- - -  releasing a switch, %1 s</source>
        <translation>- - -  Schalter loslassen, %1 s</translation>
    </message>
    <message>
        <source>with help</source>
        <translation>mit Hilfe</translation>
    </message>
    <message>
        <source>without help</source>
        <translation>ohne Hilfe</translation>
    </message>
    <message>
        <source>with help less without</source>
        <translation>mit Hilfe minus ohne</translation>
    </message>
    <message>
        <source>%1 attempts: %2 with help, %3 without</source>
        <translation>%1 Versuche: %2 mit Hilfe, %3 ohne</translation>
    </message>
    <message>
        <source>no exercise was done both with and without help</source>
        <translation>keine Übung mit und ohne Hilfe gemacht</translation>
    </message>
    <message>
        <source>%1 over %2 of %3 pairs: too few to say anything</source>
        <translation>%1 aus %2 von %3 Paaren: zu wenige für eine Aussage</translation>
    </message>
    <message>
        <source>%1 (95 %: %2 to %3) over %4 pairs: no difference shown</source>
        <translation>%1 (95 %: %2 bis %3) aus %4 Paaren: kein Unterschied gezeigt</translation>
    </message>
    <message>
        <source>%1 (95 %: %2 to %3) over %4 pairs: better with help</source>
        <translation>%1 (95 %: %2 bis %3) aus %4 Paaren: mit Hilfe besser</translation>
    </message>
    <message>
        <source>%1 (95 %: %2 to %3) over %4 pairs: worse with help</source>
        <translation>%1 (95 %: %2 bis %3) aus %4 Paaren: mit Hilfe schlechter</translation>
    </message>
    <message>
        <source>a pair: the same trainee at the same exercise with and without help; fewer than %1 say nothing</source>
        <translation>ein Paar: dieselbe Person an derselben Übung mit und ohne Hilfe; weniger als %1 sagen nichts</translation>
    </message>
    <message>
        <source>whoever does one kind later has had more practice: change the order</source>
        <translation>was später kommt, hat mehr Übung hinter sich: Reihenfolge wechseln</translation>
    </message>
</context>
<context>
    <name>library</name>
    <message>
        <source>LIBRARY</source>
        <translation>BIBLIOTHEK</translation>
    </message>
    <message>
        <source>CementWatch library</source>
        <translation>CementWatch Bibliothek</translation>
    </message>
    <message>
        <source>search: words, level:L1, leak:canal, date:2026-03, tag:teaching, volume&gt;4</source>
        <translation>Suche: Wörter, level:L1, leak:canal, date:2026-03, tag:teaching, volume&gt;4</translation>
    </message>
    <message>
        <source>search</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>sessions</source>
        <translation>Sitzungen</translation>
    </message>
    <message>
        <source>Read again</source>
        <translation>Neu lesen</translation>
    </message>
    <message>
        <source>Session</source>
        <translation>Sitzung</translation>
    </message>
    <message>
        <source>Levels</source>
        <translation>Höhen</translation>
    </message>
    <message>
        <source>Leaks</source>
        <translation>Austritte</translation>
    </message>
    <message>
        <source>Alarm</source>
        <translation>Alarm</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>Länge</translation>
    </message>
    <message>
        <source>Operator</source>
        <translation>Operateur</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>complete</source>
        <translation>vollständig</translation>
    </message>
    <message>
        <source>cut</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>broken</source>
        <translation>beschädigt</translation>
    </message>
    <message>
        <source>recording now</source>
        <translation>Aufnahme läuft</translation>
    </message>
    <message>
        <source>cut: not closed in order</source>
        <translation>abgebrochen: nicht ordentlich beendet</translation>
    </message>
    <message>
        <source>imported</source>
        <translation>importiert</translation>
    </message>
    <message>
        <source>imported %1</source>
        <translation>importiert %1</translation>
    </message>
    <message>
        <source>dicom</source>
        <translation>DICOM</translation>
    </message>
    <message>
        <source>video</source>
        <translation>Video</translation>
    </message>
    <message>
        <source>images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>network</source>
        <translation>Netz</translation>
    </message>
    <message>
        <source>simulated</source>
        <translation>simuliert</translation>
    </message>
    <message>
        <source>recording</source>
        <translation>Aufnahme</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keiner</translation>
    </message>
    <message>
        <source>none detected</source>
        <translation>keine erkannt</translation>
    </message>
    <message>
        <source>not monitored</source>
        <translation>nicht überwacht</translation>
    </message>
    <message>
        <source>beside the body</source>
        <translation>neben dem Wirbelkörper</translation>
    </message>
    <message>
        <source>out of the body</source>
        <translation>aus dem Wirbelkörper</translation>
    </message>
    <message>
        <source>planned %1 mL</source>
        <translation>geplant %1 mL</translation>
    </message>
    <message>
        <source>watched %1 %</source>
        <translation>überwacht %1 %</translation>
    </message>
    <message>
        <source>watched %1 % of the time</source>
        <translation>überwacht in %1 % der Zeit</translation>
    </message>
    <message>
        <source>volume not known</source>
        <translation>Volumen nicht bekannt</translation>
    </message>
    <message>
        <source>leaks: %1</source>
        <translation>Austritte: %1</translation>
    </message>
    <message>
        <source>highest alarm: %1</source>
        <translation>höchster Alarm: %1</translation>
    </message>
    <message>
        <source>ALARMS</source>
        <translation>ALARME</translation>
    </message>
    <message>
        <source>alarms</source>
        <translation>Alarme</translation>
    </message>
    <message>
        <source>TAGS AND NOTE</source>
        <translation>MARKEN UND NOTIZ</translation>
    </message>
    <message>
        <source>tags</source>
        <translation>Marken</translation>
    </message>
    <message>
        <source>tags, with commas between</source>
        <translation>Marken, durch Kommas getrennt</translation>
    </message>
    <message>
        <source>note</source>
        <translation>Notiz</translation>
    </message>
    <message>
        <source>1 frame</source>
        <translation>1 Bild</translation>
    </message>
    <message>
        <source>%1 frames</source>
        <translation>%1 Bilder</translation>
    </message>
    <message>
        <source>%1 missing</source>
        <translation>%1 fehlen</translation>
    </message>
    <message>
        <source>software %L1</source>
        <translation>Software %L1</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Show folder</source>
        <translation>Ordner zeigen</translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation>Löschen…</translation>
    </message>
    <message>
        <source>Delete a session</source>
        <translation>Sitzung löschen</translation>
    </message>
    <message>
        <source>Delete for ever</source>
        <translation>Endgültig löschen</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>To delete the session, type its name:</source>
        <translation>Zum Löschen den Namen der Sitzung eingeben:</translation>
    </message>
    <message>
        <source>name of the session</source>
        <translation>Name der Sitzung</translation>
    </message>
    <message>
        <source>%1: it cannot be brought back</source>
        <translation>%1: unwiederbringlich fort</translation>
    </message>
    <message>
        <source>%1 frames, %2: they cannot be brought back</source>
        <translation>%1 Bilder, %2: sie sind dann unwiederbringlich fort</translation>
    </message>
    <message>
        <source>%1 sessions, %2</source>
        <translation>%1 Sitzungen, %2</translation>
    </message>
    <message>
        <source>1 session, %1</source>
        <translation>1 Sitzung, %1</translation>
    </message>
    <message>
        <source>%1 of %2 sessions, %3</source>
        <translation>%1 von %2 Sitzungen, %3</translation>
    </message>
    <message>
        <source>reading the sessions…</source>
        <translation>liest die Sitzungen…</translation>
    </message>
    <message>
        <source>no sessions below this folder: live --session records one, import makes one of a file</source>
        <translation>keine Sitzungen unter diesem Ordner: live --session zeichnet eine auf, import macht eine aus einer Datei</translation>
    </message>
    <message>
        <source>nothing matches: Esc clears the search</source>
        <translation>nichts gefunden: Esc leert die Suche</translation>
    </message>
    <message>
        <source>there are no frames to replay</source>
        <translation>es gibt keine Bilder zum Abspielen</translation>
    </message>
    <message>
        <source>%L1: deleted, %2 freed</source>
        <translation>%L1: gelöscht, %2 frei geworden</translation>
    </message>
    <message>
        <source>left, since they are no part of it: %L1</source>
        <translation>geblieben, da nicht Teil davon: %L1</translation>
    </message>
    <message>
        <source>%L1: tags and note are kept</source>
        <translation>%L1: Marken und Notiz gespeichert</translation>
    </message>
    <message>
        <source>%L1: replay has ended: %L2</source>
        <translation>%L1: Wiedergabe beendet: %L2</translation>
    </message>
    <message>
        <source>%L1: cannot be opened: %L2</source>
        <translation>%L1: kann nicht geöffnet werden: %L2</translation>
    </message>
    <message>
        <source>%L1: is being recorded now; nothing is deleted</source>
        <translation>%L1: wird gerade aufgezeichnet; nichts gelöscht</translation>
    </message>
    <message>
        <source>%L1: no session; nothing is deleted</source>
        <translation>%L1: keine Sitzung; nichts gelöscht</translation>
    </message>
    <message>
        <source>search: no key %L1; there are: %L2</source>
        <translation>Suche: %L1 gibt es nicht; es gibt: %L2</translation>
    </message>
    <message>
        <source>search: %L1 is compared with a number, as %L2, not %L3</source>
        <translation>Suche: %L1 wird mit einer Zahl verglichen, wie %L2, nicht %L3</translation>
    </message>
    <message>
        <source>search: %L1 is yes or no, not %L2</source>
        <translation>Suche: %L1 ist yes oder no, nicht %L2</translation>
    </message>
    <message>
        <source>search: date is 2026, 2026-03, 2026-03-04 or from..to, not %L1</source>
        <translation>Suche: date ist 2026, 2026-03, 2026-03-04 oder von..bis, nicht %L1</translation>
    </message>
    <message>
        <source>search: %L1 cannot be compared by %L2; write %L3</source>
        <translation>Suche: %L1 kann nicht mit %L2 verglichen werden; schreibe %L3</translation>
    </message>
    <message>
        <source>tag %L1: must be 1 to %2 letters without , : &lt; &gt; = or quotes</source>
        <translation>Marke %L1: 1 bis %2 Zeichen ohne , : &lt; &gt; = oder Anführungszeichen</translation>
    </message>
    <message>
        <source>tags: at most %1 are kept of a session, not %2</source>
        <translation>Marken: höchstens %1 je Sitzung, nicht %2</translation>
    </message>
    <message>
        <source>note: at most %1 characters are kept, not %2</source>
        <translation>Notiz: höchstens %1 Zeichen, nicht %2</translation>
    </message>
    <message>
        <source>open the chosen session in the replay</source>
        <translation>gewählte Sitzung in der Wiedergabe öffnen</translation>
    </message>
    <message>
        <source>search: words, and level:L1 leak:canal date:2026-03 tag:teaching volume&gt;4</source>
        <translation>Suche: Wörter, und level:L1 leak:canal date:2026-03 tag:teaching volume&gt;4</translation>
    </message>
    <message>
        <source>clear the search; back to the table</source>
        <translation>Suche leeren; zurück zur Tabelle</translation>
    </message>
    <message>
        <source>from the search into the table</source>
        <translation>von der Suche in die Tabelle</translation>
    </message>
    <message>
        <source>sort by a column, again: the other way</source>
        <translation>nach einer Spalte ordnen, nochmals: umgekehrt</translation>
    </message>
    <message>
        <source>tags of the chosen session</source>
        <translation>Marken der gewählten Sitzung</translation>
    </message>
    <message>
        <source>read everything again</source>
        <translation>alles neu lesen</translation>
    </message>
    <message>
        <source>delete the chosen session; its name has to be typed</source>
        <translation>gewählte Sitzung löschen; ihr Name ist einzugeben</translation>
    </message>
    <message>
        <source>to the next field</source>
        <translation>zum nächsten Feld</translation>
    </message>
</context>
<context>
    <name>replay</name>
    <message>
        <source>REPLAY</source>
        <translation>WIEDERGABE</translation>
    </message>
    <message>
        <source>REPLAY of a recording</source>
        <translation>WIEDERGABE einer Aufnahme</translation>
    </message>
    <message>
        <source>CementWatch replay: %L1. Research and training software, not a medical device</source>
        <translation>CementWatch Wiedergabe: %L1. Forschungs- und Trainingssoftware, kein Medizinprodukt</translation>
    </message>
    <message>
        <source>as recorded</source>
        <translation>wie aufgenommen</translation>
    </message>
    <message>
        <source>as live</source>
        <translation>wie live</translation>
    </message>
    <message>
        <source>every frame</source>
        <translation>jedes Bild</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>◀ alarm</source>
        <translation>◀ Alarm</translation>
    </message>
    <message>
        <source>alarm ▶</source>
        <translation>Alarm ▶</translation>
    </message>
    <message>
        <source>A–B off</source>
        <translation>A–B aus</translation>
    </message>
    <message>
        <source>Keep image</source>
        <translation>Bild sichern</translation>
    </message>
    <message>
        <source>Film</source>
        <translation>Film</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleich</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>Ereignisse</translation>
    </message>
    <message>
        <source>EVENTS</source>
        <translation>EREIGNISSE</translation>
    </message>
    <message>
        <source>DIFFERENCES</source>
        <translation>UNTERSCHIEDE</translation>
    </message>
    <message>
        <source>alarms alone</source>
        <translation>nur Alarme</translation>
    </message>
    <message>
        <source>Space  play</source>
        <translation>Leertaste  abspielen</translation>
    </message>
    <message>
        <source>N  next alarm</source>
        <translation>N  nächster Alarm</translation>
    </message>
    <message>
        <source>not processed at this moment</source>
        <translation>in diesem Moment nicht ausgewertet</translation>
    </message>
    <message>
        <source>not monitored</source>
        <translation>nicht überwacht</translation>
    </message>
    <message>
        <source>not computed yet</source>
        <translation>noch nicht berechnet</translation>
    </message>
    <message>
        <source>record damaged</source>
        <translation>Eintrag beschädigt</translation>
    </message>
    <message>
        <source>the monitor failed on this image</source>
        <translation>die Auswertung dieses Bildes ist fehlgeschlagen</translation>
    </message>
    <message>
        <source>another image was looked at in its place</source>
        <translation>an seiner Stelle wurde ein anderes Bild ausgewertet</translation>
    </message>
    <message>
        <source>wait, or go back to what was found live</source>
        <translation>warten, oder zurück zu dem, was live gefunden wurde</translation>
    </message>
    <message>
        <source>nothing is known of this image</source>
        <translation>zu diesem Bild ist nichts bekannt</translation>
    </message>
    <message>
        <source>nothing was measured</source>
        <translation>nichts gemessen</translation>
    </message>
    <message>
        <source>this frame is damaged, and not shown</source>
        <translation>dieses Bild ist beschädigt und wird nicht gezeigt</translation>
    </message>
    <message>
        <source>findings were not recorded</source>
        <translation>Befunde nicht aufgezeichnet</translation>
    </message>
    <message>
        <source>findings were not recorded: this session holds images without findings</source>
        <translation>Befunde nicht aufgezeichnet: diese Sitzung enthält Bilder ohne Befunde</translation>
    </message>
    <message>
        <source>not monitored: this session holds images without findings</source>
        <translation>nicht überwacht: diese Sitzung enthält Bilder ohne Befunde</translation>
    </message>
    <message>
        <source>one plane is shown</source>
        <translation>eine Ebene wird gezeigt</translation>
    </message>
    <message>
        <source>the other is a session of its own: %L1</source>
        <translation>die andere ist eine eigene Sitzung: %L1</translation>
    </message>
    <message>
        <source>without its plan: %L1</source>
        <translation>ohne ihren Plan: %L1</translation>
    </message>
    <message>
        <source>without its log: %L1</source>
        <translation>ohne ihr Protokoll: %L1</translation>
    </message>
    <message>
        <source>without its configuration: %L1</source>
        <translation>ohne ihre Konfiguration: %L1</translation>
    </message>
    <message>
        <source>monitor started</source>
        <translation>Überwachung begonnen</translation>
    </message>
    <message>
        <source>monitor restarted</source>
        <translation>Überwachung neu begonnen</translation>
    </message>
    <message>
        <source>alarms acknowledged</source>
        <translation>Alarme quittiert</translation>
    </message>
    <message>
        <source>marked, %1</source>
        <translation>markiert, %1</translation>
    </message>
    <message>
        <source>marked</source>
        <translation>markiert</translation>
    </message>
    <message>
        <source>HIGH %1</source>
        <translation>HOCH %1</translation>
    </message>
    <message>
        <source>MEDIUM %1</source>
        <translation>MITTEL %1</translation>
    </message>
    <message>
        <source>LOW %1</source>
        <translation>NIEDRIG %1</translation>
    </message>
    <message>
        <source>HIGH now %1</source>
        <translation>jetzt HOCH %1</translation>
    </message>
    <message>
        <source>MEDIUM now %1</source>
        <translation>jetzt MITTEL %1</translation>
    </message>
    <message>
        <source>over: %1</source>
        <translation>vorbei: %1</translation>
    </message>
    <message>
        <source>acknowledged: %1</source>
        <translation>quittiert: %1</translation>
    </message>
    <message>
        <source>NOT MONITORING: %1</source>
        <translation>NICHT ÜBERWACHT: %1</translation>
    </message>
    <message>
        <source>LEARNING: %1</source>
        <translation>LERNT: %1</translation>
    </message>
    <message>
        <source>SETUP: %1</source>
        <translation>EINRICHTUNG: %1</translation>
    </message>
    <message>
        <source>HELD: %1</source>
        <translation>STANDBILD: %1</translation>
    </message>
    <message>
        <source>DEGRADED: %1</source>
        <translation>EINGESCHRÄNKT: %1</translation>
    </message>
    <message>
        <source>%1 frames not recorded: %L2</source>
        <translation>%1 Bilder nicht aufgenommen: %L2</translation>
    </message>
    <message>
        <source>1 frame not recorded: %L1</source>
        <translation>1 Bild nicht aufgenommen: %L1</translation>
    </message>
    <message>
        <source>no alarm after this</source>
        <translation>kein Alarm danach</translation>
    </message>
    <message>
        <source>no alarm before this</source>
        <translation>kein Alarm davor</translation>
    </message>
    <message>
        <source>no mark after this</source>
        <translation>keine Markierung danach</translation>
    </message>
    <message>
        <source>no mark before this</source>
        <translation>keine Markierung davor</translation>
    </message>
    <message>
        <source>no difference after this</source>
        <translation>kein Unterschied danach</translation>
    </message>
    <message>
        <source>no difference before this</source>
        <translation>kein Unterschied davor</translation>
    </message>
    <message>
        <source>kept: %L1</source>
        <translation>gesichert: %L1</translation>
    </message>
    <message>
        <source>a film is being written: Esc ends it</source>
        <translation>ein Film wird geschrieben: Esc bricht ab</translation>
    </message>
    <message>
        <source>film ended, nothing was kept</source>
        <translation>Film abgebrochen, nichts gesichert</translation>
    </message>
    <message>
        <source>film written: %L1</source>
        <translation>Film geschrieben: %L1</translation>
    </message>
    <message>
        <source>writing the film: %1 %</source>
        <translation>Film wird geschrieben: %1 %</translation>
    </message>
    <message>
        <source>Write the film as</source>
        <translation>Film speichern als</translation>
    </message>
    <message>
        <source>Film (*.mp4)</source>
        <translation>Film (*.mp4)</translation>
    </message>
    <message>
        <source>Results of another version</source>
        <translation>Ergebnisse einer anderen Version</translation>
    </message>
    <message>
        <source>looking at every frame…</source>
        <translation>jedes Bild wird ausgewertet…</translation>
    </message>
    <message>
        <source>looking at every frame: %1 of %2</source>
        <translation>jedes Bild wird ausgewertet: %1 von %2</translation>
    </message>
    <message>
        <source>every frame was looked at: %1 images</source>
        <translation>jedes Bild ist ausgewertet: %1 Bilder</translation>
    </message>
    <message>
        <source>every frame could not be looked at: %L1</source>
        <translation>nicht jedes Bild konnte ausgewertet werden: %L1</translation>
    </message>
    <message>
        <source>every frame cannot be looked at: the session has no plan</source>
        <translation>nicht jedes Bild kann ausgewertet werden: die Sitzung hat keinen Plan</translation>
    </message>
    <message>
        <source>comparing…</source>
        <translation>vergleicht…</translation>
    </message>
    <message>
        <source>no difference</source>
        <translation>kein Unterschied</translation>
    </message>
    <message>
        <source>at the end</source>
        <translation>am Ende</translation>
    </message>
    <message>
        <source>only in the first: %1</source>
        <translation>nur im ersten: %1</translation>
    </message>
    <message>
        <source>only in the second: %1</source>
        <translation>nur im zweiten: %1</translation>
    </message>
    <message>
        <source>%1 s later in the second: %2</source>
        <translation>im zweiten %1 s später: %2</translation>
    </message>
    <message>
        <source>%1 s earlier in the second: %2</source>
        <translation>im zweiten %1 s früher: %2</translation>
    </message>
    <message>
        <source>%1 volume at the end: %2, %3</source>
        <translation>%1 Volumen am Ende: %2, %3</translation>
    </message>
    <message>
        <source>%1 closest to %2: %3, %4</source>
        <translation>%1 am nächsten an %2: %3, %4</translation>
    </message>
    <message>
        <source>images looked at: %1, %2</source>
        <translation>ausgewertete Bilder: %1, %2</translation>
    </message>
    <message>
        <source>images on which the monitor failed: %1, %2</source>
        <translation>Bilder, deren Auswertung fehlschlug: %1, %2</translation>
    </message>
    <message>
        <source>alarms of the replay are heard while it plays</source>
        <translation>Alarme der Wiedergabe sind beim Abspielen zu hören</translation>
    </message>
    <message>
        <source>alarms of the replay are not heard</source>
        <translation>Alarme der Wiedergabe sind nicht zu hören</translation>
    </message>
    <message>
        <source>play, pause</source>
        <translation>abspielen, anhalten</translation>
    </message>
    <message>
        <source>one image back, forward</source>
        <translation>ein Bild zurück, vor</translation>
    </message>
    <message>
        <source>one second back, forward</source>
        <translation>eine Sekunde zurück, vor</translation>
    </message>
    <message>
        <source>beginning, end</source>
        <translation>Anfang, Ende</translation>
    </message>
    <message>
        <source>next, previous alarm</source>
        <translation>nächster, voriger Alarm</translation>
    </message>
    <message>
        <source>next, previous mark</source>
        <translation>nächste, vorige Markierung</translation>
    </message>
    <message>
        <source>next, previous difference of two versions</source>
        <translation>nächster, voriger Unterschied zweier Versionen</translation>
    </message>
    <message>
        <source>beginning and end of the passage that is repeated</source>
        <translation>Anfang und Ende des wiederholten Abschnitts</translation>
    </message>
    <message>
        <source>repeat nothing</source>
        <translation>nichts wiederholen</translation>
    </message>
    <message>
        <source>faster, slower</source>
        <translation>schneller, langsamer</translation>
    </message>
    <message>
        <source>keep this image: as shown, and as recorded</source>
        <translation>dieses Bild sichern: wie gezeigt, und wie aufgenommen</translation>
    </message>
    <message>
        <source>film of the passage, or of all of it (MP4)</source>
        <translation>Film des Abschnitts, oder von allem (MP4)</translation>
    </message>
    <message>
        <source>list of events on and off</source>
        <translation>Liste der Ereignisse an und aus</translation>
    </message>
    <message>
        <source>as live, or every frame</source>
        <translation>wie live, oder jedes Bild</translation>
    </message>
    <message>
        <source>beside another version's results</source>
        <translation>neben den Ergebnissen einer anderen Version</translation>
    </message>
    <message>
        <source>alarms heard, or not</source>
        <translation>Alarme hörbar, oder nicht</translation>
    </message>
    <message>
        <source>figures of the next level</source>
        <translation>Zahlen der nächsten Höhe</translation>
    </message>
    <message>
        <source>leave full screen</source>
        <translation>Vollbild verlassen</translation>
    </message>
    <message>
        <source>end a film that is being written</source>
        <translation>Film abbrechen</translation>
    </message>
    <message>
        <source>close</source>
        <translation>schließen</translation>
    </message>
</context>
<context>
    <name>de-identification</name>
    <message>
        <source>CementWatch de-identification. %1</source>
        <translation>CementWatch De-Identifizierung. %1</translation>
    </message>
    <message>
        <source>DE-IDENTIFICATION</source>
        <translation>DE-IDENTIFIZIERUNG</translation>
    </message>
    <message>
        <source>text is seen in the frames</source>
        <translation>in den Bildern ist Text zu sehen</translation>
    </message>
    <message>
        <source>no text is seen in the frames</source>
        <translation>in den Bildern ist kein Text zu sehen</translation>
    </message>
    <message>
        <source>the header says that there is some</source>
        <translation>der Kopf sagt, dass welcher da ist</translation>
    </message>
    <message>
        <source>what lies in a box is blanked in every frame</source>
        <translation>was in einem Kasten liegt, wird in jedem Bild geschwärzt</translation>
    </message>
    <message>
        <source>text that was not found stays</source>
        <translation>Text, der nicht gefunden wurde, bleibt</translation>
    </message>
    <message>
        <source>1 box</source>
        <translation>1 Kasten</translation>
    </message>
    <message>
        <source>%1 boxes</source>
        <translation>%1 Kästen</translation>
    </message>
    <message>
        <source>New box</source>
        <translation>Neuer Kasten</translation>
    </message>
    <message>
        <source>Remove box</source>
        <translation>Kasten entfernen</translation>
    </message>
    <message>
        <source>Blank these boxes</source>
        <translation>Diese Kästen schwärzen</translation>
    </message>
    <message>
        <source>No text: change nothing</source>
        <translation>Kein Text: nichts ändern</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>show it blanked</source>
        <translation>geschwärzt zeigen</translation>
    </message>
    <message>
        <source>Maximum</source>
        <translation>Maximum</translation>
    </message>
    <message>
        <source>Minimum</source>
        <translation>Minimum</translation>
    </message>
    <message>
        <source>Frames</source>
        <translation>Einzelbilder</translation>
    </message>
    <message>
        <source>largest value over %1 frames</source>
        <translation>größter Wert über %1 Bilder</translation>
    </message>
    <message>
        <source>smallest value over %1 frames</source>
        <translation>kleinster Wert über %1 Bilder</translation>
    </message>
    <message>
        <source>picture %1 of %2, evenly over %3 frames</source>
        <translation>Bild %1 von %2, gleichmäßig über %3 Bilder</translation>
    </message>
    <message>
        <source>Mouse: draw, move or resize a box</source>
        <translation>Maus: Kasten zeichnen, bewegen, Größe ändern</translation>
    </message>
    <message>
        <source>Arrows: move it, with Shift by 10, with Ctrl its size</source>
        <translation>Pfeile: bewegen, mit Umschalt um 10, mit Strg die Größe</translation>
    </message>
    <message>
        <source>N: a new box, B: the next, Delete: remove</source>
        <translation>N: neuer Kasten, B: der nächste, Entf: entfernen</translation>
    </message>
    <message>
        <source>M: maximum, L: minimum, F: single frames</source>
        <translation>M: Maximum, L: Minimum, F: Einzelbilder</translation>
    </message>
    <message>
        <source>Page up, down: another frame</source>
        <translation>Bild auf, ab: ein anderes Bild</translation>
    </message>
    <message>
        <source>Ctrl+Z: undo, Ctrl+Enter: confirm, Esc: stop</source>
        <translation>Strg+Z: zurück, Strg+Eingabe: bestätigen, Esc: abbrechen</translation>
    </message>
    <message>
        <source>X-ray: %1</source>
        <translation>Röntgen: %1</translation>
    </message>
    <message>
        <source>fluoroscopy</source>
        <translation>Durchleuchtung</translation>
    </message>
    <message>
        <source>acquisition</source>
        <translation>Aufnahme</translation>
    </message>
    <message>
        <source>irradiation</source>
        <translation>Strahlung</translation>
    </message>
    <message>
        <source>without its dose: %L1</source>
        <translation>ohne ihre Dosis: %L1</translation>
    </message>
</context>
</TS>
