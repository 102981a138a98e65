"""Words by which a street address is told from other text: kinds of street, what announces one, what denies it."""

from __future__ import annotations


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


# English, after the name: "12 Harbour Road". The first list is enough in small letters as well.
ROADS = _listed("""
street st str road rd avenue ave av lane ln boulevard blvd bvd crescent cres crct drive dr drv terrace tce parkway pkwy
pky highway hwy expy fwy mews gdns pde cct sarani salai
""")
# Words with other meanings; those of the postal services of the United States, Britain and Australia.
PLACES = _listed("""
close court ct square sq via place pl row grove gardens garden circle cir trail plaza alley walk way hill view rise
quay wharf alleyway amble anchorage annex approach arcade bank bay bayou beach bend bluff bottom branch bridge
broadway broadwalk brook brow burg bypass camp canyon cape causeway center centre chase circlet circuit cliff club
common concourse corner cottages course cove creek crest croft cross crossing crossroad curve dale dam dell dene
divide downs edge elbow end entrance esplanade estate expressway extension fairway fall falls ferry field flat flats
fold follow ford forest forge fork formation fort freeway frontage garth gate gateway glade glen green ground harbor
harbour haven heath heights hey highroad hills hollow inlet interchange island isle junction key knoll lake land
landing lawn lea leys light link loaf lock lodge lookout loop mall manor mead meadow mill mission moor motorway
mount mountain neck nook orchard outlook oval overpass paddock parade park pass passage path pathway pier pike pine
plain plains pocket point port prairie promenade quad quadrant radial ramble ramp ranch rapid reach reserve rest
retreat return ride ridge river riverway roundabout route rue run shoal shore shunt siding skyway slope spring
springs spur station steps strand strait stravenue stream subway summit throughway tor towers townline trace track
trafficway triangle tunnel turn turnpike underpass union vale valley viaduct village ville vista wade wall waters
waterway well wells wood woods yard knolls nagar marg chowk ganj vihar colony layout enclave bazar bazaar soi wynd
villas circus
piazza dip centreway
cl crt esp grn hts tpke trl xing plz ctr est sq mdws orch pk vw vly blk kunj puram peth galli gali mohalla bagh
niwas society residency layout cloisters cloister copse spinney mead fields holt covert chantry orchards brae vennel
pend maltings ginnel twitten drove loke boreen demesne steading gait crofts leaze combe coppice parklands common commons
oaks pines elms birches beeches landings crossings trace township concession sideroad jalan lorong
""")
# Written as one word with the name, or after it: "Hafenstraße 12", "Alter Markt 5", "Storgatan 12".
ENDINGS = _listed("""
straße strasse strase straẞe str weg gasse platz allee chaussee damm ufer steig stieg stiege straat laan plein
gracht kade dreef singel gatan vägen gränd stigen gata veien vegen gate gade vej allé katu tie polku kuja torget
torg markt bleiche bleichen graben wall zeile promenade boulevard brücke twiete kamp redder koppel leite wiese
wiesen hang höhe blick rain acker garten winkel reihe ring berg feld hof pad steeg dijk haven burgwal baan park
plantsoen weide hoek plads stræde vænget backen allén plan liden vang parken bakken løkka svingen faret tunet kroken
brygge bryggen gangen ranta kaari tori rinne aukio väylä bulevardi utca út tér körút vei haugen lia moen jordet
terrasse voll ekra stien vollen caddesi cad sokak sokağı sok bulvarı
gården gård gaarden backe torp dorf siedlung gürtel lände kai pfad weiher
bruch horst ulice náměstí nám třída trg
""")
SURE_ENDINGS = _listed("""
straße strasse strase str gasse allee chaussee straat laan gracht kade dreef singel gatan vägen gränd stigen veien
vegen gade vej katu polku kuja torget plein weg damm allé burgwal plantsoen utca körút bulevardi plads stræde platz
ufer dijk twiete tie stien
boulevard
""")
# The same, shortened: only with their dot, "Hauptpl. 22".
SHORT_ENDINGS = _listed("pl vn gt gd vg alm")
# Before the name, the number before both: "12 rue des Lilas".
FRENCH = _listed(
    "rue avenue av boulevard bd bld boul chemin allée allee impasse ruelle faubourg fbg venelle rte sentier mail "
    "av bvd sráid bóthar lána ascaill heol ffordd stryd lôn rhodfa rang"
)
FRENCH_PLACES = _listed(
    "place quai cours route passage square clos villa résidence residence r montée esplanade hameau cité"
)
# Before the name, the number last: "Calle Mayor 12", "ul. Długa 12".
KINDS_FIRST = _listed("""
calle avenida avda avd av carretera glorieta cuesta rambla pasaje callejón callejon pasadizo travesía travesia
carrer avinguda rue avenue boulevard bd chaussée chaussee chemin ruelle impasse viale piazza piazzale vicolo
contrada lungotevere lungomare salita rua travessa praça praca alameda estrada ladeira rodovia viela ulica ulicy
aleja alei strada bulevardul calea șoseaua jalan улица улице ул проспект переулок пр пер straße strasse str laan
paseo carrera transversal diagonal urbanización urbanizacion condomínio condominio vereda loteamento residencial
chácara avenidas c r ul al os plac pl pza plaza corso largo via vial camino ronda gran stretto borgo canale rotonda
setor favela fazenda parque quinta recanto sítio sitio esplanada estação estacao pátio patio praia jardim vila
conjunto campo colônia colonia distrito área area lagoa lago morro núcleo nucleo passarela ponte trecho trevo
viaduto aeroporto feira quadra platz place quai viali circonvallazione strand allee promenade rond
vale cañada
v.le p.zza p.za p.le c.so l.go c.da b.go s.da v.lo piazzetta vicoletto fondamenta borgata frazione fraz località loc
galleria traversa rampa rampe discesa gradinata corte larghetto sestiere regione cascina
praceta beco calçada azinhaga rotunda bairro lugar pç lgo tv trav estr urb rod pça pcta jd
osiedle skwer rondo bulwar zaułek szosa trakt aleje pl ulicę bul
callejuela costanilla costera partida polígono poligono barrio colonia fraccionamiento privada cerrada prolongación
calzada anillo autopista malecón bulevar blvd plazuela plaça passeig ronda rúa praza kalea
вулиця вул бул бульвар площадь пл шоссе наб набережная οδός λεωφόρος λεωφ ulice náměstí třída jl jln lorong đường
""")
SURE_KINDS = frozenset(
    _listed("""
calle avenida avda avd carretera glorieta pasadizo travesía travesia carrer avinguda rue boulevard bd chaussée
chaussee chemin ruelle impasse viale piazza piazzale vicolo contrada lungotevere lungomare rua travessa praça praca
alameda estrada ladeira rodovia viela ulica ulicy aleja alei bulevardul calea șoseaua jalan улица улице ул проспект
переулок straße strasse laan paseo callejón callejon c ul urbanización urbanizacion av avenue condomínio condominio
loteamento v.le p.zza p.za p.le c.so l.go v.lo praceta beco calçada azinhaga calzada passeig plaça rúa kalea piazzetta
fondamenta aleje osiedle вулиця вул бульвар οδός λεωφόρος jl jln bulwar zaułek
""")
)
# Of these, what a message that says nothing else may begin with in small letters: "via roma 12".
BARE_KINDS = frozenset(_listed("via corso plaza pza piazza"))
# Of these, what is as often something else: "Gran Turismo 7".
DISTRICTS = frozenset(
    _listed("""
gran lago lagoa parque campo colônia colonia galleria regione cascina partida privada vale feira quinta praia ponte
conjunto distrito área area jardim setor favela fazenda aeroporto estação estacao morro núcleo nucleo lugar barrio
corte regione campo polígono poligono trecho canale vial
""")
)
# Streets that begin with a preposition: "Unter den Eichen 12".
LEADS = tuple(
    lead.replace("_", " ")
    for lead in _listed("""
am im zum zur vom beim hinterm unterm an_der an_den an_dem auf_der auf_dem auf_den in_der in_den in_dem unter_der
unter_den unter_dem hinter_der hinter_dem hinter_den vor_dem vor_der vor_den bei_der bei_den ob_der het op_de na pod
nad u v achter_de achter_het aan_de aan_het bij_de bij_het onder_de voor_de tussen_de op_het in_de in_het neben_der
neben_dem über_der über_dem oberm ob_dem zur zu_den zu_der gegen_den beim ved_ved pri
""")
)
# English streets that are whole by themselves: "1402 Broadway".
ALONE = _listed(
    "broadway strand embarcadero bowery aldwych knightsbridge haymarket piccadilly esplanade kingsway eastcheap "
    "cheapside cornhill minories moorgate bishopsgate aldgate houndsditch whitehall holborn lothbury barbican millbank "
    "aldersgate micklegate kirkgate briggate deansgate cowgate grassmarket lawnmarket canongate trongate gallowgate "
    "southgate northgate westgate eastgate castlegate corporation bridgegate whitefriargate"
)

# What announces an address.
CUES = _listed("""
address adress addr live lives lived living reside stay staying deliver delivered delivery delivers ship shipped
ships shipping send sent sends mail mailing forward drop dropoff courier move moved moving located adresse anschrift
lieferadresse postadresse rechnungsadresse wohne wohnt wohnen wohnhaft umgezogen ziehe gezogen liefern liefert
lieferung liefere geliefert schicken schickt schicke geschickt senden sende versand abholung umzug habite habitons
habitent livrer livrez livraison livré envoyer envoyez envoyé expédier expédiez déménagé domicile vivons dirección
direccion vivo vivimos resido enviar envíen envien envía envia mandad mandadlo mándalo entrega mudé mude domicilio
indirizzo abito abitiamo abita spedire spedite spedisci mandatelo consegnare consegna trasferiti trasferito
recapitare adres woon wonen bezorgen leveren lever stuur verzenden verhuisd endereço endereco moro moramos mora
entregar entreguem enviem mande mandem mudei adressen adresser bor leverera skicka flyttat flyttet osoite osoitteeni
osoitteessa asun lähettäkää mieszkam adresu wysłać wysyłka dostawy przeprowadziłem adresa adresim bydlím locuiesc
lakcímem адрес живу
addy shifted relocated residing resides relocate collect collected fetch pickup abholen abzuholen abgeholt anschluss
techniker
monteur handwerker kurier geliefert zustellen zugestellt technicien récupérer retirer ramassage recoger recogida recoge
técnico tecnico repartidor ritirate ritiro ritirare portate portatelo ophalen afhalen breng brengen technicus recolher
recolha levantar hämta hämtas leverans hent hente hentes levering noudetaan toimitus nouto odbierz odbiór dostarczyć
paczka doručit adresu kuriera levér leveres fakturaadresse rechnungsanschrift lieferanschrift wohnsitz
standort domiciliado domiciliada ubicado ubicada situé située sito sita gelegen
""")
# Of these, what sends a thing by number as well: "send combo 3".
SENDING = frozenset(
    _listed("""
deliver delivered delivers ship shipped ships shipping send sent sends mail mailing forward drop collect collected
fetch pickup liefern liefert liefere geliefert schicken schickt schicke geschickt senden sende abholen abzuholen livrer
livrez envoyer envoyez expédier retirer récupérer enviar envíen envien envía envia mandad mándalo recoger recogida
relocated standort spedire spedite spedisci consegnare ritirare ritirate bezorgen leveren lever stuur verzenden ophalen
entregar enviem
mande mandem leverera skicka hämta hent hente wysłać odbierz
""")
)
# What may stand between the announcement and the address.
FILLERS = _listed("""
is was are now to at in on from into the it them me us this that here please 2 of out up off over back im am an auf
die der dem das den nach zu zur ist lautet jetzt bitte es sie nun mein meine und au à aux la le les est c'est svp
hos bei ved o os as um uma do da à a al en el de è nella presso op aan naar nu na no em para på till i til er w do przy
""")
# What may follow a house number, beside the end, a sign or a postcode.
FOLLOWERS = _listed("""
in and please thanks thx thank ty pls instead is was by before until till on at for from to but or with if when asap
today tomorrow tonight now near next opposite apt flat unit suite not last the we my our that that's has had will
would could can c/o which who there there's it it's this so as he she they you also located und bitte danke ist war
oder aber ab bis wenn für heute morgen wohnen gezogen umgezogen geschickt liefern schicken zu ein et svp merci est
ou mais avant pour à y por gracias es o e grazie per favore prego è en alstublieft graag dank obrigado obrigada são
och tack är og takk tak er ja kiitos i proszę dziękuję nie
poproszę od ale jest bo mas no na em quando já desde ma ed terzo primo secondo quarto pero con piso cuando porque que
chez au avec depuis pas maar met als bij tot om niet dus kld men feil på hvis etter efter mutta jos kun nicht steht
liegt hier dort seit nach vom yesterday since again only because around then dopo prima entro fino erreichbar gemeldet
angekommen abgeben richtig falsch he she nobody already
""")
# What has numbers, and is no street.
NUMBERED = _listed("""
january february march april may june july august september october november december monday tuesday wednesday
thursday friday saturday sunday januar februar märz mai juni juli oktober dezember montag dienstag mittwoch
donnerstag freitag samstag sonntag sonnabend janvier février mars avril juin juillet août septembre octobre novembre
décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio
aprile maggio giugno luglio settembre ottobre dicembre maart mei augustus terminal gate room raum zimmer saal halle
gleis tor tisch table seat sitz row reihe level floor stock etage zone pier platform booth stand dock bay counter
kasse schalter store warehouse building locker exit junction extension team group gruppe division league season
staffel episode folge chapter kapitel volume band phase stage version teil part section sector woche tag jahr jahre
alter abend mittag nacht ende anfang schluss preis angebot geburtstag spiel versuch fall punkt absatz artikel seite
page kurs quartal mail email link app sms web zoom paypal online base libre wagen abteil parkplatz arbeitsplatz
stellplatz sitzplatz liegeplatz spielplatz marktplatz bahnhof
windows iphone ipad android galaxy pixel playstation xbox office python java model grade type top nr number option
step slide question line linie bus tram train zug flight flug autobahn bundesstraße landesstraße einbahnstraße block
series abschnitt port voie snelweg autoweg motorway weg morning evening afternoon noon past half around quarter
tonight clock hotel code postcode cinema century called named
""")

# What is counted, and is no street whatever follows.
COUNTED = _listed("""
countries people person persons players customers customer player boxes box items pieces stück stücke leute leuten
personen kinder places tickets rooms minutes minute min mins hours hour hrs days weeks months month miles mile km
blocks times percent stars star users addresses lines doors other different more or and them adults guests nights
day week year years night bedroom bed mph gb mb kg am pm uhr euro euros eur usd dollars pounds stunden stunde tage
wochen monate monaten jahren kilometer meter minuten ans jours heures personnes fois mois años días horas minutos
personas veces meses giorni anni ore minuti volte persone jaar dagen weken uur keer mensen år dager dage timer
minutter anos dias vezes pessoas lat dni osób razy sztuk points pts runs seasons degrees things ways lane point guys
movie movies o'clock o’clock oclock seats seat houses
""")

# What makes a street in small letters likely, and a name without a word for street not yet.
HINTS = _listed("""
office home house place flat bought invoice come went billing it's its we're i'm i am parcel package courier label
driver door neighbour rechnung bin sind büro hause paket vis suis colis casa vive pedido zit hem pick pickup
""")
# What joins the words of a name.
PARTICLES = frozenset(
    _listed("""
de del della dello dei di da do dos das du des la las los le les el al y e et of the van von der den dem zu zur am
ter ten op aan 't 's d l na nad pod im an i san
""")
)
# After these a name goes on: what ends with one before a number is a time of day, "Plaza Mayor a las 9".
JOINING = frozenset(
    _listed("""
a à às as o os la las los el um om kl alle de da do di en y e et
""")
)
DIRECTIONS = frozenset(
    _listed("""
n s e w ne nw se sw north south east west
""")
)
# What may stand before a house number.
NUMBER_SIGNS = frozenset(
    _listed("""
n no nr num número numero nro km n.o д дом numéro o núm ° čp č bud numer буд αρ
""")
)
# Words that a dot shortens.
SHORT = frozenset(
    _listed("""
ave blvd hwy pkwy cres apt ste avda calle cad sok pça lgo trav estr urb
gen prof marsz hetm pres gral cnel cap alm sto sta kard płk mjr kpt por mons mgr ing eng dott cav card brig magg cte
sgt dom dra
padre abp bisk hptm gdns pde cct tce crt sts mte col coronel cel
""")
)
# What follows a day in the name of a street: "Straße des 17. Juni".
AFTER_DAYS = frozenset(
    _listed("""
de januar februar märz april mai juni juli august september oktober november dezember juillet novembre octobre
settembre aprile maggio maio março abril setembro novembro mayo julio
""")
)
# After these a number of four digits is a year.
BEFORE_YEARS = frozenset(
    _listed("""
in since from until by year early late im seit ab en depuis desde dal nel i sedan
""")
)
# After these a number says how many, or which.
BEFORE_COUNTS = frozenset(
    _listed("""
top only buy chapter page season episode level part phase day week stage room kapitel seite teil the these those all
our their first last next another just least area channel
""")
)
