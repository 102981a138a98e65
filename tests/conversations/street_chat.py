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
could u deliver to «88 willow bend», thanks!!
hey, new flat is «Apt 12B, 1701 Lombard St»
pls ship to «907 whitney ave», new haven ct
Our office: «1 Aldwych», London WC2B 4BZ
«33 Ocean View Drive», Torquay, that's me
I've moved from «4 Ferry Lane» to «17 Ferry Lane»
Ms K Patel⏎«Flat 9, Hartley Court»⏎112 Mare Street⏎London E8 3SG
can someone pick it up at «1250 6th Avenue»?
Dropoff «2901 E 14th St»
My mailing address is «P O Box 5512», Tulsa OK 74101
address is «7 brookside» near the church
I live at «The Willows, Mill Road», Bourn CB23 2SA
send 3 to «240 Kent Ave» and 2 to me
it was sent to «45 Hillcrest» by accident
«500 Terry A Francois Blvd» is our address
«1600 Amphitheatre Pkwy», Mountain View, CA 94043
I stay at «11 Wentworth Mews» now
forward my post to «6 St James's Square»
it's «19b Tooley st.»
lives at «302 Cedar Knoll», I think
wrong house, we're «56 Cherry Tree Rd»
the parcel is with our neighbours at «39 Lavender Hill»
my address: «4821 Highway 99 N», Eugene OR 97402
«8 Cul de Sac Way» please
the shop delivers to «3/12 Wattle Grove», Hobart TAS 7000
we just bought «77 Kingsway»
«14 Upper Mount Street», Dublin 2
«Level 5, 100 Queen Street», Auckland 1010
Schicken Sie es an «Schlossallee 3», danke
ich wohne im «Eulenweg 4»
bin umgezogen, jetzt «Zum Alten Fährhaus 9»
Adresse: «im tal 12», 80331 münchen
«Vor dem Tor 2», 31785 Hameln
bitte an «An den Teichen 18» schicken
Familie Krüger⏎«Obere Hauptstr. 44»⏎97070 Würzburg
die Lieferung soll in die «Sonnenleite 6»
wohne «Bei der Kirche 1»
«Neue Straße 15», Hinterhaus, 2. OG
mein Büro ist am «Stephansplatz 8»
Meine Anschrift hat sich geändert: «Rosenthaler Str. 40/41»
«Dorfstr.7» ist die Hausnummer
an die «Prinzregentenstrasse 9b» bitte
«Jungfernstieg 16», 20354 Hamburg
ich ziehe in «Hohe Bleichen 22» ein
«Seilergraben 8», 8001 Zürich
Postadresse: «Postfach 250», 4002 Basel
«Landstraßer Hauptstraße 71/2», 1030 Wien
ich bin in der «Kaiserstrase 5» zu hause
livraison au «58 bd Haussmann», merci
j'habite «9 ruelle des Chats»
«2 square Louis XVI», Paris
mon adresse c'est «16 rue de la paix»
M. Jean Petit⏎«Lieu-dit Les Granges, 4»⏎24200 Sarlat
je suis au «140 avenue du Général de Gaulle»
expédier à «Résidence Les Pins, 12 chemin du Lac»
«24 faubourg Saint-Honoré», 75008
«BP 4021», 31028 Toulouse Cedex 4
«1 ter rue Mouffetard»
«Avenue Louise 231», 1050 Bruxelles
resido en «Calle de Serrano 61»
mándalo a «Pza. Mayor, 3»
la entrega es en «Travesía de San Mateo 10»
«Carrer de Mallorca 401», 08013 Barcelona
vivo en «avenida del puerto 25»
mi casa: «Calle 85 # 12-10», apto 301
dirección «Reforma 222», 06600 CDMX
mi domicilio es «Cuesta del Rosario 7»
abito a «Trastevere, Via della Scala 9»
spedite in «Via Dante Alighieri 3»
«Piazzale Loreto 9», Milano 20131
il mio indirizzo è «salita san francesco 2»
«Lungotevere Testaccio 14», interno 5
recapitare in «v.le Monza 140»
woon op de «Prinsengracht 263»
mijn nieuwe adres: «Hoofdweg 71B»
lever maar af bij «Molenstraat 6»
«Lange Nieuwstraat 101», 2000 Antwerpen
ik zit op «Coolsingel 40»
verzenden naar «Witte de Withstraat 50»
«Het Eiland 5», 8011 XR Zwolle
meu endereço: «Rua XV de Novembro 200»
mande para «Av. Rio Branco 1»
moramos na «Ladeira da Glória 26»
«Largo do Rato 9», 1250-185 Lisboa
entregar: «Rua do Almada, n.º 15»
bor på «Kungsgatan 55B»
«Götgatan 78», 118 30 Stockholm
mitt hem är «Lilla Torg 4»
«Strandvejen 203», 2900 Hellerup
jeg er flyttet til «Vesterbrogade 27, 3. th»
«Bygdøy allé 2», 0257 Oslo
adressen min er «Solbakken 14»
«Aleksanterinkatu 52», Helsinki
asun «Koivukuja 6 C 12»
mieszkam przy «ulicy Mickiewicza 8»
«Krakowskie Przedmieście 13», 00-071 Warszawa
adres: «al. Niepodległości 161/4»
wysyłka na «Os. Słoneczne 7/22»
«Rybná 14», 110 00 Praha 1
«Andrássy út 60», 1062 Budapest
«Bulevardul Unirii nr. 5», București
«İstiklal Cad. 12», Beyoğlu
address «12 Sukhumvit Soi 11», Bangkok 10110
ul. «Piotrkowska 104», Łódź
大阪市北区梅田«3-1-1»に住んでいます
my place: «11 kings rd», come by
we're at «6 Baker's Yard»
the house is «1150 Mulholland Dr»
send 2 «35 Elmwood Av» pls
«660 Harrison», San Francisco, CA 94107
pickup from «9 Temple Bar», Dublin
billing addr «74 Cardinal Circle»
adress: «121 sycamor lane»
my old address was «16 Nightingale Rise»
my place is «14 Cranberry Xing», Duluth
deliver to «56 Heron Pde», thanks
«9 Alma Tce», please leave at the back
send to «22 Wattle Cct», Bruce
we're in «4 Mallow Gdns» now
«W238 N1650 Rockwood Drive», Waukesha
my address is «S3140 County Road 5» hmm
ship to «B-204, Gandhi Nagar», Jaipur
«A-12, Lajpat Nagar», New Delhi
flat is «C/14 Green Park Society», Surat
my house is h.no 12, «shastri nagar»
House No. «45, Subhash Marg», Lucknow
door no «7, Gandhi Street», Chennai
plot no. «33 Krishna Colony» near the school
consegna in «Via Garibaldi snc», Trani
«Contrada Serra s.n.c.», Ostuni
vivo en «Calle del Pozo s/n»
«Plaza de España, s/n», 41013 Sevilla
«Rua do Sol s/n», Olinda
sto in «c.so Vercelli 8»
«P.zza Dante 4», Napoli
«l.go Argentina 2», Roma
abito in «vicolo del Gallo 7»
«Via Nazionale n. 5», Roma
«Via Garibaldi n°12»
«Viale Europa nr. 30/b», 00144 Roma
«Località Pian di Sco 14», Figline
«Frazione San Vito 3», Asti
au «14 quai d'Orsay» svp
le livreur attend au «9 place de l'Église»
mon adresse : «7 impasse des Lilas»
«3 bis rue de l'Ermitage», Nantes
«12, montée de l'Observance», Lyon
«5 allée de l'Orangerie», merci
Rue : «Rue Haute 12»
habite «lieu-dit Le Moulin, 24200 Sarlat»
paczka na «ul. Ks. Popiełuszki 14»
«os. Tysiąclecia 4/20», Kraków
mieszkam na «ul. Płk. Dąbka 7» w Elblągu
«al. Jana Pawła II 12», Warszawa
odbiór z «Rynek Główny 5»
kurier niech jedzie na «ul. Prof. Religi 3»
«pl. Wolności 8», Poznań
«5 Castle Oaks», Ennis, Co. Clare
I'm in «12 The Maltings», Thurles
«27 Sráid na Mainistreach», Galway
«14 Heol y Bryn», Cardiff
«8 Ffordd Penrhos», Bangor
my flat: «Flat 2/1, 15 Sauchiehall Lane»
«Orchard House, Mill Lane», Ambleside LA22
«Willow Barn, Green End», Bourn CB23
we are «88 Cheapside», by the bank
office is at «41 Cornhill», London
«17 Deansgate», Manchester
«2200 Yonge St», Toronto ON M4S 2C6
«1234, rue Sainte-Catherine Ouest», Montréal
«560 8 Ave SW», Calgary AB
drop it at «3411 17th Ave SE», Calgary
«7512 Range Road 52», Lethbridge
«4021 Concession Road 6», Uxbridge
«1180 Sideroad 10», Barrie
«RR 2 Box 15», Moosomin SK
my mail goes to «C.P. 123», Montréal QC
«Case postale 45», 1211 Genève
send to «Packstation 142», 10115 Berlin
«P.O.B. 552», Haifa
«POB 44», Nassau
Straße: «Am Weiher 4»
Straße/Nr.: «Lindenhof 9»
Street: «Foxglove 12»
Address line 1: «27 Foxglove Court»
Calle y número: «Encina 14»
Straat: «Dorpsveld 3»
Straat en huisnummer: «Het Laar 12»
Ulica: «Kwiatowa 7»
wohnhaft «Hauptpl. 3», Linz
Anschluss «Kirchenpl. 12» ist tot
ich wohne am «Am Bahnhof 4»
umgezogen nach «Zum Bahnhof 12», danke
nieuw adres: «Lijnbaansgracht 63-hs»
«Jan Steenstraat 14-III», Amsterdam
«De Akkers 14»
«Het Hoge 12»
«Achter de Kerk 5», Elst
hent pakken på «Storgt. 12»
bor i «Bjørnevn. 8»
hämta på «Södra Backen 4», Falun
skicka till «Ängsgården 7»
leveres til «Ved Bækken 3»
entregar na «Praceta das Flores 5» por favor
vivo no «Largo da Sé 3»
«Beco do Mirante 9», Porto
«Calçada da Estrela 77», Lisboa
my mate is at «11 Pier Rd» again
it comes from «1942 Cedar Street» every month
«via dante 12»
«plaza nueva 4»
«hafenstr 12»
«88 brick lane»
«ul długa 5»
«rue haute 14»
the box said «15 - 17 Market Street»
«Lindenallee 14 - 16», Essen
hiya, can the fridge go to «31 Sallow Gardens» please, not the old place
«Ivy Cottage, Back Street», Wetherden IP14 3LD
I'm still at «Flat 6, 210 Mare Lane», top buzzer
parcels for «8 Quay St» get left in the rain
«44 Gorse Hill», Rugby
driver says delivered but nothing at «3 Chapel Row»
my mum is at «12b Foundry Ct» in Hull
«The Boathouse, Strand Road», Instow EX39
«PO Box 290», Inverness IV1
moved house: «9 Kestrel Ave», same phone
consegnate in «Via Monte Grappa 17» dopo le 18
il mio indirizzo: «corso vercelli 41 int. 3»
«Strada Provinciale 12 km 4», Lecce
abbiamo la sede in «Via Bixio snc», Parma
abito in «P.zza del Popolo 3», scala B
fattura: «Largo dei Librari 88», 00186 Roma
sono a «Viale Trastevere n. 91»
je suis au «18 rue du Faubourg-Poissonnière» code 4B12
«6 place d'Armes», Metz
livrez «2 ter chemin des Vignes» svp
mon adresse a changé : «91 avenue de l'Abbaye»
colis déposé au «45 bvd Voltaire» chez la gardienne
«BP 118», 97600 Mamoudzou
H. No. «5-3-12, Kamala Nagar», Hyderabad
please send to «C-45, Shanti Vihar», Dehradun 248001
«221 Rash Behari Avenue», Kolkata 700019
my flat is «302 Sai Krupa Residency», Thane
Plot «18, Green Park Colony», Bhopal
ul. «Kościuszki 33A/4», 40-048 Katowice
mieszkam na «ul. Św. Ducha 12», Gdańsk
wyślijcie na «aleja Róż 7»
«Os. Przyjaźń 18», Warszawa
kurier był na «ul. Marsz. Piłsudskiego 2»
«14 Sráid Eoin», Dingle
can ye drop it to «22 Cluain Ard», Cobh
«Teach Mór, Main Street», Barna H91 X4Y2
«12 Fr. Griffin Road», Galway
«88 Gerrard St E», Toronto
send the cheque to «1010 Rang Saint-Joseph», Saint-Isidore
my place «4519 47 St», Red Deer AB
«Unit 7, 3355 Oak St», Vancouver BC V6H 2L3
it's the farm at «25144 Township Road 512»
Straße und Hausnummer: «Lerchenfeld 8»
ich bin jetzt «Auf der Heide 21» erreichbar
bitte zu «Kirchgasse 5 a», nicht zum Laden
«Rathauspl. 9», 3100 St. Pölten
woon nu «Oude Gracht 88-bis»
«Rua Nova da Alfândega 112», Porto
vivo en «C/ Zurita, 23, 2º B»
sendes til «Kongens gt. 14», Trondheim
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
seat 12 in row 4 please
can you deliver on Friday 12 or Saturday 13?
we live 3 streets away
I moved 2 weeks ago
moved to Android 14 and love it
my address changed 3 times this year
ship it in 2 separate boxes
deliver 12 red roses
we have 30 places left
the Number 9 bus stops there
Season 2 Episode 5 was filmed there
I'm at Gate B12
booth 7 at the Summer Market 2024
Model 3 Highland is new
Galaxy S24 Ultra
Windows Server 2019 Standard
Level 42 are playing
Nightmare on Elm Street 3 is scary
Sesame Street 50 years
Wall Street 2 is the sequel
Abbey Road 50th anniversary
Abbey Road was released in 1969
10 Cloverfield Lane is a good movie
5 guys walk into a bar
8 hours sleep, 2 hours drive
3 minute walk to the square
a 5 bedroom house on a quiet road
20 mph road
the 90 day trial
5 lane closed
Sprint 14 review
Ticket 4 Less Drive
Day 1 Park closed
Race 5 Ascot
a party of 6 at 19:00
for 4 people on Sunday at 12:45
there are 33 hotels in the area
it leaves at 05:11 and arrives at 07:54
train TR1234 from Cambridge
your reference is Q7QH8Z1X
the rating is 4.5 out of 5
3 out of 5 stars
Super Bowl 50 champions
Top Gun 2 tickets
Fast and Furious 7
Toy Story 4 is fun
Star Wars 9 was ok
about 5 of those parks
Yellowstone has 10 trails
1 of the 7 hills
200 square feet
45 degree hill
Lake District 7 nights
Grade 5 teacher
Type 2 diabetes
Windows 7 drive letters
he is 12 and his sister is 9
Gleis 5, Abschnitt C
Reihe 3 Sitz 12
Um 12 Uhr am Platz
Am Freitag 13 Uhr
Im Mai 2023
Im Block 4
Zum Level 12
Der Weg ist 3 km lang
die Lieferung dauert 5 tage
ich wohne im 3. stock
Ich wohne hier seit 2019
die Adresse 2 mal eingegeben
Umzug am 12. Juni
Bestellung über 3 Stück
Liegeplatz 7 am See
Tor 3 in der 12. Minute
Stellplatz 14 in der Tiefgarage
Platz 3!
Marktplatz 24 Angebote
Kapitel 12 Weg zum Glück
Top 10 Straßen
Punkt 5 der Tagesordnung
Schritt 3 auf dem Weg
les 3 places restantes
12 cours par an
quai numéro 2
route nationale 7
j'ai 3 allées
voie 12 quai 3
la calle tiene 3 carriles
plaza número 4
camino de 12 km
quiero 2 de cada
via libera alle 12
in via definitiva 2 volte
la piazza ha 4 lati
corso 2024
de weg is 5 km
straat 3 keer afgesloten
plein vol met 300 mensen
vägen är 3 km lång
gata 5 gånger
rua fechada 2 dias
avenida com 3 faixas
ulica ma 2 pasy
droga 5 km
we deliver to 5 Star Hotels
address them in 2 Weeks
I'm at Chapter 5
ship to Warehouse 3
deliver to Building 7 Room 4
i live in apartment complex 2 of 3
send it to room 404
the route is 12 stops
500 Days of Summer
2001 A Space Odyssey
Blink 182 on the Drive show
3 Rivers Way to Play
Mile 22
Pier 1 imports
Studio 54 was wild
Big 5 Sporting Goods
Motel 6 near the highway
Exit 12 off Highway 5
Forever 21
send combo 3 please
send medal 3 to me
ship hanger 3 instead
schickt Decke 3 bitte
liefert Gürtel 3 zurück
we have 5 oaks and 3 pines
10 houses available. The address is new
need 4 seats. The address is below
pick up at 3 o'clock
pl 5 on the list
CS 50 is a great course
CP 77 mod crashes
PL 3 setting on the CPU
PK 12 ended in a draw
TSA 3 lock is broken
A4 Paper Drive is full
B-12 Vitamin Way
S24 Ultra Drive mode
M25 closed again
C-3 Corvette Drive shaft
G-Shock 5600 Court edition
S/N of the device is missing
calle s/n
Model S snc
tutta la via 3 volte
via sms 2 volte
via app 3 codes
De 3 musketiers
De top 40
De film 300 was goed
Het weer 12 graden
de trein van 12 uur
Het is 5 uur
De prijs is 12 euro
Calle Ocho a las 12
rua Augusta às 22h
Rua das Flores às 22
praça fecha às 20
strada chiusa alle 8
rue fermée à 20 heures
Plaza Mayor a las 9
Street: 5
Line 1: error 404
Line 12: syntax error
Address line 2: optional
house: season 3
Via: train 12
ship to: 2 people
the plot no 3 of the film
flat no 1 fan
no. 1 shop in town
door no longer opens 12
house number 1 in the charts
Techniker 3 war da
technician from 9 to 5
recogida en 24 horas
pickup 12 May
collect 200 points
collect 3 stamps
fetch 2 records
from 1999 Street style is back
from 2001 Drive was a hit
in 2011 Drive came out
from 1960 Road racing changed
Windows 11 Home is my street
the 5 Pines
3 Gardens Cafe
2 Common mistakes
4 Fields are required
6 Cross stitches
1 Way ticket
2 Field agents
3 Trace elements
4 Birches planted
7 Cheapside jokes
2 Cornhill Magazine issues
Trg 3 puta
Vol. 12
Kap. 12 lesen
Pl. 3 im Rennen
Navn. 12 tegn
Angebotspl. 3
Gen. 5 Pokemon
Gen 3 charger
Prof. 3 times
rang 5 sur 20
Rang 12 von 30
avenue 5 perfume
500 Residency points
2 Chantry places
12 Bagh prints
4 Heath bars
Grade 3 Fields
Reference: via 12
Apollo 13 is on
Level 12 Boss Lane
Ronda 3 del torneo
Jornada 12 Liga
Vuelta 5 en boxes
Partida 3 perdida
barrio 13
Colonia 4711
Galleria 3 piano
Corte 2 stagione
Campo 5 libero
Regione 2 DVD
Conjunto 3 piezas
Trav 5 lopp
Os 10 melhores
Lote 12 vencido
jalan 3 km
hus 3 är klart
torp 2
kai 3
dorf 5 spiel
track 7 on Abbey is my favourite
does the 14 inch one fit a Park bench cover
12 Monkeys steelbook please
level 3 Garden pack is bugged
size 10 walking shoes in brown
we need 40 road cones
5 Ways to cook rice
my PB on the 10 hill loop is 41 min
2 lane swimming slots on Sunday
Mercedes C-200 Estate tyres
unlock Ward 3 in the app
the 4 Court Shoes I sent back
seat 17 in the Grove Theatre
4 Seasons by Vivaldi at St John
page 5, Mill on the Floss
3 Bridges course, is it still on
Street Fighter 6 for PS5
Road 96 is a nice game
Platform 9 is closed
Box 3 never arrived
24 Garden Gnomes, all broken
I have 8 Meadow flower kits
Room 101 reruns
route 12 or 14 to the stadium
gleis 3 fällt aus
Platz 4 am Fenster bitte
Tor 12 ist zu
Der Hof 7 Tage offen
Allee 3 ist ein Café, oder?
Ring 12 Karat
vom Weg 2 zu Weg 3
Zum Wohl 3 Flaschen
an den 3 Tagen
via Amazon 3 Tage
Piazza 2 Pizza bestellt
il viale è lungo 3 km
corso di yoga, lezione 4
via WhatsApp alle 9
la strada per 2 ore
rue 3 fois barrée
place numéro 14 au balcon
quai 9 à 14 h
cours 2 maths
la avenida tiene 4 carriles
calle 8 festival
plaza 3 libre
ulica zamknięta 2 dni
plac zabaw 3 lata
weg 5 dagen dicht
vägen 14 mil
Gran Turismo 7
Gran Canaria 3
Lago Maggiore 3
De Sims 4
De Avonden 2
Het Boek 3
via mail 2
via link 5
corso base 3
Parque Warner 2
vale regalo 3
Vale Presente 100
plaza libre 3
quinta feira 5
campo minado 3
collect 5 Nectar points
Indirizzo: errore 404
relocated Server 3
via: Hermes 2
Standort Berlin 3
"""
