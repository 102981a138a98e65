"""Chat in which somebody tells where a person lives, between « and »; ⏎ is a new line."""

WRITTEN = """
hi, my address is «1402 Broadway», apt 5 please
can you ship it to «221B Baker Street», London?
we moved to «44 Elm St» last month
Deliver to: «7 Orchard Close»
i live at «12 harbour road», second floor
my adress is «12 habour raod», thanks
send the replacement to «350 5th Ave, Suite 3300», New York
drop it off at «1600 W 42nd St»
shipping address: «9 Rosewood», Norwich NR2 1AB
Anna Kowalska⏎«1200 Highway 7»⏎Richmond Hill, ON L4B 1B2
«742 Evergreen Terrace», Springfield
the new office is at «5 Mill Lane»
please change the address to «18 the crescent», thank you
it should go to «Flat 3, 22 Park Row», Leeds LS1 5HD
I'm at «27 Old Gloucester Street» until friday
parcel for «Unit 4, 118 Collins St», Melbourne VIC 3000
John Smith⏎«PO Box 1234»⏎Albany, NY 12207
please use «P.O. Box 77», not the street one
our billing address is «4500 N State Highway 161», Irving
it went to «88 Wellington Quay» instead of us
could the courier come to «3/45 Beach Rd» tomorrow?
home is «1045 County Road 12»
«16 Station Approach» is where I live now
our flat: «Apt 9C, 400 East 71st Street»
lives at «61 w 23rd street», apparently
«Rose Cottage, Church Lane», Little Snoring NR21 0JX
deliver it to «The Old Rectory, High Street», Buckden PE19 5TA
my house is «Fernlea, 4 Back Lane», Hebden Bridge HX7 8AA
please send it to «10 Downing street»
I live on «2210 Peachtree Rd NE», Atlanta
we are «15 The Strand», second bell from the top
moved to «2100 avenue of the americas» in june
shipping to «1 Infinite Loop», Cupertino, CA 95014 please
the invoice should say «48 Leicester Square»
my new place is at «903 Sunset Blvd», come over
Mary O'Neill⏎«12 The Paddocks»⏎Kildare⏎R51 XY12
address «77 Massachusetts Avenue», Cambridge MA 02139
could you deliver to «230 S LaSalle St» before noon
Send to «Suite 12, Level 3, 90 Pitt Street», Sydney NSW 2000
ship 2 boxes to «14 Kerr Crescent» and one to us
it says «8 Dunmore Heights» on the label but I moved
«29 Oak Ridge Ct.», that's the right one
i'm staying at «55 church st» till sunday
pick up from «101 Main», Burlington VT 05401 please
return address: «6 Lower Quay St», Galway
my parents live at «19 Glenview Park», Dublin 14
the driver went to «31 Acacia Avenue» by mistake
«Flat 3B, Green Towers, 21 MG Road», Bengaluru 560001
we live at «12/4 Nehru Nagar», Pune 411001
Bitte liefern Sie an «Unter den Eichen 12», 12203 Berlin
meine Adresse ist «Hafenstraße 12»
ich wohne in der «Lange Reihe 7»
wir sind umgezogen: «An der Alster 40», 20099 Hamburg
Lieferadresse: «Am Markt 3», 99423 Weimar
Anna Schmidt⏎«Im Winkel 7»⏎79100 Freiburg
schickt es bitte an «Postfach 12 34», 50667 Köln
ich wohne «hauptstr. 5», 3. stock
die neue anschrift lautet «bergweg 17a»
bitte nach «Zum Sportplatz 4» liefern
das paket ging an «Kurfürstendamm 21», nicht an mich
liefert ihr auch an die «Straße des 17. Juni 135»?
Versand an «Karl-Marx-Allee 91 A», danke
wohne jetzt «haupstrase 12», bitte ändern
«Alter Markt 5», 50667 Köln ist richtig
meine neue Adresse: «Platz der Republik 1»
Rechnung bitte an «Große Elbstraße 22-24»
bei mir, «Auf dem Sand 9», gibt es keinen Aufzug
abholung bitte in der «Schönen Aussicht 14», 65193 Wiesbaden
ich bin in die «Gartenstrasse 8» gezogen
er wohnt «Zur Mühle 2», hinten im Hof
Max Huber⏎«Mariahilfer Straße 45/3/12»⏎1060 Wien
Lieferung an «Getreidegasse 9», Salzburg
«Bahnhofstrasse 21», 8001 Zürich, bitte klingeln
ich hätte es gern an den «Schlossberg 3» geschickt
anschrift: «neuer wall 19», hamburg
wohnhaft «Hinter der Kirche 6», 38100 Braunschweig
An Frau Weber⏎«In den Wiesen 11»⏎53227 Bonn
bitte zu Schulze, «Kiefernweg 3», 14. Hausnummer links
unsere Adresse ist «Q7, 24», 68161 Mannheim
je vis au «12 rue des Lilas»
livrez au «3 bis, avenue Victor Hugo» svp
mon adresse : «45 boulevard Saint-Michel», 75005 Paris
Marie Dupont⏎«8 chemin des Vignes»⏎34000 Montpellier
j'habite «27 place de la République»
envoyez-le à «14, impasse du Moulin»
c'est au «6 quai de la Tournelle» maintenant
livraison : «BP 123», 33000 Bordeaux
j'ai déménagé au «19 cours Mirabeau»
adresse de facturation «101 route de Lyon», 69100 Villeurbanne
«2 allée des Acacias», bâtiment B
mon colis est parti au «33 r. de Rivoli»
on habite «rue de la Loi 16», 1000 Bruxelles
à livrer «chaussée de Wavre 120», merci
«Rue du Rhône 8», 1204 Genève
12e étage, «5 Le Clos des Ormes», 44000 Nantes
j'habite au «17 rue victor hugo» à lille
vivo en «Calle Mayor 8», 3º B
mi dirección es «C/ Alcalá, 120»
enviar a «Avda. de la Constitución 15», Sevilla
Juan Pérez⏎«Plaza de España 4, 2º izq»⏎28008 Madrid
por favor mandadlo a «paseo de gracia 43»
me mudé a «Camino de la Ermita 3»
mi nueva casa está en «Ronda de Atocha 27»
envíen el pedido a «Insurgentes Sur 1602», CDMX 03940
«Apartado de Correos 512», 46080 Valencia
la direccion es «carrera 7 # 71-21», Bogotá
vivimos en la «Gran Vía 32»
dirección de entrega: «urbanización los pinos 12»
«Av. Corrientes 1234», Buenos Aires
abito in «Via Roma 12»
il mio indirizzo è «Via Giuseppe Garibaldi, 23»
spedire a «Piazza del Duomo 5», Milano
mandatelo in «viale dei Mille 77/B»
Luca Bianchi⏎«Corso Vittorio Emanuele II, 108»⏎00186 Roma
ci siamo trasferiti in «vicolo stretto 4»
«Largo Augusto 1», 20122 Milano
casella postale: «Casella Postale 45», 39100 Bolzano
consegnare a «Strada Statale 16 km 12», grazie
indirizzo: «via xx settembre 20»
ik woon op «Keizersgracht 174»
mijn adres is «Kerkstraat 12-2»
bezorgen op «Laan van Meerdervoort 55»
graag leveren aan «Nieuwezijds Voorburgwal 182», Amsterdam
Jan de Vries⏎«Dorpsweg 8»⏎1234 AB Ons Dorp
stuur het naar «Postbus 1234», 3500 BE Utrecht
we zijn verhuisd naar «Oude Markt 13», 3000 Leuven
ik woon «stationsplein 3», huis links
«Het Laagt 9», 1025 GB Amsterdam
kan het naar «burgemeester de vlugtlaan 125»?
«Marijnbaan 14», bel twee
moro na «Rua Augusta, 1508»
meu endereço é «Avenida Paulista 1578», apto 34
entregar na «Travessa das Flores 12», 1º dto
Maria Souza⏎«Rua das Laranjeiras, 45»⏎22240-003 Rio de Janeiro
enviem para «Praça da Sé, 10»
o endereço: «r. do carmo 88», lisboa
mudei para «Alameda Santos 200»
«Caixa Postal 123», 01059-970 São Paulo
é na «Rodovia BR-101 km 12», casa azul
moro na «Quadra 12 Lote 4», setor sul
entreguem em «Estrada da Luz 90», 1600-159 Lisboa
jag bor på «Storgatan 12»
min adress är «Sveavägen 44», lgh 1102
leverera till «Skoltorget 3»
Erik Lund⏎«Björkgränd 7 B»⏎123 45 Storby
skicka det till «Box 123», 101 23 Stockholm
vi har flyttat till «Norra Hamngatan 18»
jeg bor på «Nørrebrogade 44, 2. tv»
min adresse er «Frederiksborgvej 12 st. th»
send til «Kongens Nytorv 8»
Ole Hansen⏎«Karl Johans gate 22»⏎0159 Oslo
jeg bor i «Bogstadveien 5»
«Postboks 123» Sentrum, 0101 Oslo
adressen er «Toftes gate 9», oppgang B
asun osoitteessa «Mannerheimintie 12 A 5»
osoitteeni on «Hämeenkatu 3»
lähettäkää «Kauppiaankatu 8-10 B 22», kiitos
uusi osoite: «Rantapolku 4», 00330 Helsinki
mieszkam na «ul. Długa 12/4»
mój adres: «os. Tysiąclecia 5 m. 12»
proszę wysłać na «al. Jerozolimskie 54»
Jan Nowak⏎«Leśna 12»⏎00-950 Warszawa
adres dostawy: «ulica Kwiatowa 7»
przeprowadziłem się na «plac Wolności 3»
bydlím na «Na Příkopě 12», Praha 1
adresa: «Vodičkova 41», 110 00 Praha
lakcímem: «Kossuth Lajos utca 12.»
adresim «Atatürk Caddesi No: 45 D: 3»
locuiesc pe «Strada Lungă nr. 12»
адрес: «ул. Ленина, д. 12, кв. 4»
живу на «улице Пушкина 10»
住所は«東京都渋谷区神南1-2-3»です
«〒150-0041 東京都渋谷区神南1丁目2-3»に送ってください
please send it to «1-2-3 Jinnan, Shibuya-ku», Tokyo 150-0041
地址是«北京市朝阳区建国路88号»
주소는 «서울시 강남구 테헤란로 152»입니다
my address: «No. 5, Jalan Bukit Bintang», 55100 Kuala Lumpur
deliver to «Blk 123 Ang Mo Kio Ave 3 #05-12», Singapore 560123
«12 Rue Soufflot», 75005
hey can u send it 2 «43 maple drive», ty
its «900 lakeshore dr», blue door
new address - «38 Fairview Rd E»
i moved to «14 birchwood» last week, can you update it
Deliver to Mrs Jones at «2 Chapel View»
address is «6 Bramble Way», postcode to follow
please post to «11 Knightsbridge»
we are now in «3 Whitehall Court»
leave it at «21 Jump Street» with the neighbour
my sister's place, «5 Haymarket», is closer
shipping: «1234 Camino Real», Santa Fe NM 87501
"""

LOOK_ALIKE = """
Terminal 5 gate 12 is a long walk
platz 3 in der rangliste reicht mir
our route 66 trip was great
I moved to Windows 11 last week
we moved to room 12, sorry
the meeting moved to Monday 12
moved to version 14 and it broke
it is a 5 minute drive from the station
12 people on the road to the square
a 2 way street, you know
the gate is 10 min walk from here
chapter 3 road to success is my favourite
see page 12 square brackets
5 star drive in cinema
I have 3 court cases this week
the top 10 places to see
open 24 hours, drive safely
50 square metres with a view
I bought 2 garden chairs and 4 park benches
deliver to 12 countries
we ship to 40 countries world wide
send it to 3 people please
I live at 2 places at once
live at 8 tonight on channel 4
we live in 3 rooms
ship 2 boxes on 12 March
deliver it on May 12 please
the address field takes 80 characters
email address number 2 is wrong
the ip address ends in 12
address 3 issues before friday
come to booth 12 at the fair
deliver to dock 4, bay 12
pick it up at counter 3
pick up at store 42 in the mall
meet at gate 12 at noon
table 12 by the window for 4
2 people at 18:30
a table for 5 at Pizza Hut Cherry Hinton
flight 1234 to Denver leaves at 8
row 12 seat C
level 5 car park
floor 3, room 12
lane 4 of the pool
we walked 12 blocks down main street
in 2 hours drive to the sea
a 4 lane highway
the 7th avenue was beautiful
5th avenue is expensive
I ran 10 km on the beach road
my 3 way split worked
one of 5 close friends
4 close calls this week
there are 7 view modes
the 2 drive letters are gone
my c drive has 12 gb left
12 street food stands
3 street lamps are broken
12 Angry Men is a classic
the 8 Mile soundtrack
I watched 21 Jump Street last night with 3 friends
24 Hour Fitness was closed
the 12 Days of Christmas
5 Star Hotel, 3 Pools
7 Eleven is open
I rate it 10 Out of 10
2 Fast 2 Furious
Top 10 Most Popular Games
Only 3 Days Left To Save
Buy 2 Get 1 Free
the 3 Musketeers by Dumas
4 Seasons Hotel was nice
our 2 Broadway tickets came
2 Broadway shows in a week
100 Trail points to win
I got 500 Way points
iPhone 15 Pro in blue
PlayStation 5 or Xbox One
ship the Galaxy 24 please
Office 365 is down
Python 3 or Java 17?
Area 51 is in the desert
Channel 4 news at seven
Apollo 13 is on tonight
Formula 1 in Monaco
Boeing 737 has 180 seats
Psalm 23 is short
Highway 7 is closed
take Highway 101 to exit 12
Interstate 80 was jammed
take the A4 to junction 12
bus 12 and tram 4 go there
bus route 42 stops here
line 3, car 12
zone 2 ticket
pier 39 was full of seals
unit 4 of the course
suite of 3 rooms for 2 nights
flat 20 % discount
flat 5 euro shipping
apt 2.0.1 is installed
apt install python3
floor 12 has no wifi
box 12 is missing, I have 11 boxes
my inbox 12 unread
top 5 list of the year
bp 120 over 80
BP 120/80 this morning
po 4711 is approved
Am Montag 12 Uhr passt mir
am 3. Mai ziehe ich um
Am Samstag 5 Personen
Am Gleis 7 wartet der Zug
Im Januar 2024 habe ich bestellt
im Raum 12 bitte
Im Alter von 12 Jahren
Im Kapitel 3 steht es
Im Angebot 3 Stück für 5 Euro
Zum Preis von 12 Euro
Zum Geburtstag 5 Karten
zur Halle 5 bitte links
An der Kasse 3 bezahlen
Am Tisch 4 sitzen wir
An Tag 3 kam nichts
In der Woche 42 liefern wir
Auf Seite 12 steht der Preis
Auf dem Parkplatz 12 steht mein Auto
parkplatz 12 ist frei
mein Arbeitsplatz 4 hat keinen Strom
der heimweg dauert 20 minuten
unterwegs 3 stunden
das ist der einzige weg 2024
Weg 5 km weiter
autobahn 7 ist gesperrt
Autobahn 7 gesperrt
die a7 und b3
Ring 2 ist ein Film
saturn hat ring 3
Spielplatz 2 ist geschlossen
Bahnhof 3 Minuten entfernt
Straße gesperrt, 5 km Stau
die Strasse ist 12 km lang
Bundesstraße 5 ist gesperrt
Landstraße 12 Kilometer weiter
Hauptstraße 5 km gesperrt
Linie 5 nach Platz der Einheit
Zimmer 12, Etage 3
Haus 3, Aufgang 4 gibt es nicht
Platz 12 in Reihe 3
Wagen 12 Platz 45
Stand 12 auf der Messe
Halle 7 Stand 12
auf Platz 2 liegt Bayern
ich wohne seit 12 Jahren hier
ich wohne in einer 3 zimmer wohnung
wohne mit 3 leuten zusammen
Lieferung am 12. Mai
die Adresse hat 2 Fehler
Adresse 3 mal geprüft
liefert bitte 12 Stück
2 places assises
3 cours de yoga par semaine
il reste 2 places pour le concert
on est 12 rue barrée
12 route fermée
j'habite à 5 minutes
j'habite ici depuis 12 ans
livrer le 12 mai
adresse mail 2
la place 12 est prise
place 4 rang 12
en 3 passages
le quai 4 est à droite
quai 12 voie 3
1 avenue pour 3 rues
vivo en un piso de 3 habitaciones
vivo con 2 gatos
calle 13 es mi grupo favorito
la plaza 12 del garaje
plaza 3 de aparcamiento
quedan 4 plazas
enviar a 3 personas
el camino 2 veces
via 3 stops
via Paypal 20 euro
via email 2 times
Via Zoom 14 Uhr
pago via Bizum 30 euros
corso 3 volte a settimana
il corso di 12 lezioni
piano 3 ascensore 2
largo 3 metri
os 12 melhores filmes
rua sem saída 2 vezes
travessa de 3 pratos
av 3 notas
plein 3 keer
ring 3 mensen op
onderweg 5 minuten
snelweg 4 is dicht
mijn ipad 12 is kapot
ik woon hier 3 jaar
ik woon met 2 katten
hofje 3 keer bezocht
supermarkt 5 minuten lopen
plan 3 våning
jag bor här sedan 12 år
plats 12 i vagn 3
gate 5 stenger
jeg bor her 3 dager
vej 3 km frem
os 5 osób
ul 3 sztuki
plac 3 razy
pl 12 sztuk
tie 2 games
box set 12 discs
12 Monkeys is on
the 39 Steps
9 to 5 Drive Time
2 Gardens of Eden
3 Mills closed
6 Kings and 4 Queens
4 Great Lakes cruise
10 Green Bottles
the 5 Bridges Run
I scored 40 Points in total
we did 3 Runs and 2 Hits
Group 4 Lodge meeting
we have 12 Springs and 3 Bolts in stock
Order 12 Rose Bushes please
I want 2 Large Fries and 1 Coke
that is 3 Medium Pizzas with cheese
I need 4 Adult Tickets
2 Kings Island passes
book 1 King Suite for 2 nights
move to Team 12 please
moved to Phase 2
I'm at Level 12 now
I'm at stage 3
we are at 12 percent
we're at Exit 7
I'm at 3 Michelin stars
ship to address 2 in my account
my address has 3 lines
he lives 12 miles away
they live 2 doors down
I lived there for 7 years
it lives at port 8080
the api lives at version 2
deliver to locker 12
deliver in 3 Business Days
Deliver by 12 March
sent to Customer 12
send to Player 2
call extension 12
turn right in 3 miles onto the drive
the drive takes 45 minutes
its 5 blocks past the square
Sector 7 is under attack
Section 8 housing
Phase 3 trial
block 12 of the chain
plot 3 twists
Plot 3 of the series
Cross 2 rivers
Main 3 points
2 Court Side tickets
No. 5 Chanel
No 12 bus
nr 3 in der liste
in 2019 we opened on Main Street
since 1998 Harbour Street has been closed
From 1066 Hastings Road to victory
in 2024 Park Lane won 3 awards
on 12 May Fair Street is closed
2023 Holiday Drive starts now
We sold 1500 Avenue bags
1 Way to do it
2 Lane Road ahead
3 Point Drive
World War 2 Memorial Drive
Unit 12 is about Green Street
In Chapter 4 Baker Street appears
"""
