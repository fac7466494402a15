"""Short forms of first names, and one name in the languages of one country, by the languages of our clubs. Pure data.

A group is one name and what its bearers are called. Two groups may have a short form in common (Enzo is Vincenzo or
Lorenzo): it joins each of them, but not the two. What begins its name (Mandla for Mandlakayise), is a part of it or has
an ending of endearment needs no line here: `names.is_short_form` knows it. Folded, as keyboards without ł and ø write.
"""

from typing import Final

ENGLISH: Final = """
abigail abby gail; albert al bert bertie; alfred alf alfie fred; amanda mandy; andrew andy drew; anthony tony;
archibald archie; barbara babs barb; beatrice bea trixie; bernard bernie; caroline carol carrie; catherine katherine
kathryn cath kate katie kathy cathy kitty; cecilia celia cissy; charles charlie chuck chas; charlotte lottie
charlie; christina christine chris chrissie tina; christopher chris kit topher; constance connie; cynthia cindy;
daniel dan danny; david dave davey davie; deborah debbie deb; dorothy dot dottie dolly dora; edith edie; edmund ed
ned; edward ed eddie ted teddy ned; eleanor ellie nell nora; elizabeth liz lizzie beth betty betsy bess eliza lisa
libby; ernest ernie; eugene gene; evelyn evie; florence flo flossie; frances fran frankie fanny; frederick fred
freddie freddy; geoffrey jeffrey geoff jeff; gerald gerard gerry jerry; gillian jillian gill jill; harold harry hal;
helen nell nellie; henry harry hank hal; herbert herb bert; isabel isabella izzy bella belle; jacqueline jackie;
james jim jimmy jamie; jennifer jenny jen; john jack johnny jon; joseph joe joey; josephine jo josie; judith judy
jude; julian jules; kenneth ken kenny; lawrence laurence larry laurie; leonard len lenny leo; leslie les; linda
lindi lindy; louise lou lulu; malcolm calum callum; margaret maggie meg peggy greta madge daisy; marjorie marge
margie; martha mattie; mary molly polly may; matthew matt; michael mike mick mickey; nathaniel nat nate; nicholas
nick nicky; nicola nicky nikki; olivia liv livvy; oliver ollie olly; patricia pat patty tricia trish; patrick pat
paddy; penelope penny; philip phil pip; philippa pippa pip; rebecca becky becca; reginald reg reggie rex; richard
dick rick ricky rich dickie; robert bob bobby rob robbie bert; ronald ron ronnie; rosemary rosie; samantha sam;
samuel sam sammy; sarah sally sadie; stephen steven steve; susan sue susie suzanne; teresa theresa tess terry tessa;
terence terry; theodore ted theo; thomas tom tommy; victoria vicky vic tori; vincent vince; virginia ginny; walter
walt wally; william bill billy will willie liam; winifred winnie freddie; zachary zach zack
"""
DUTCH_AND_AFRIKAANS: Final = """
abraham braam abri bram; adriaan adrianus attie adri riaan ad; albertus bertus bert; aletta lettie letta; andries
dries; barend ben; catharina trien katrien ina; christiaan chris christo; cornelia corrie nelie; cornelius neels
nelis kees kerneels; daniel danny daan danie; dorothea dora; elizabeth bettie elsie els liesbeth; francois frans
frank francis; frederik freek frikkie fred frits; gerhardus gert gerhard gerrie; gertruida trudie truida; helena
lena leentjie; hendrik henk hennie; hercules herklaas herkie; hermanus manie herman; hester hettie; izak isak
sakkie; jacobus james kobus koos jaco; jacoba cobie; johanna hanna hannie; johannes john jan johan hannes hans;
karel charles; lodewyk lodie wikus; lourens laurens lou; magdalena magda lena malene; margaretha gretha griet; maria
maryke mia; marthinus martinus tinus thinus; mattheus thys; nicolaas nico klaas niek; petronella nella petro; petrus
pieter piet peter pete; philippus flip; stephanus stefanus fanie faan; susanna sanet sannie; theunis teuns teun;
theodorus theo dorus; tobias tobie; wilhelmina mina minnie; willem wim wimpie
"""
GERMAN: Final = """
alexander alex sandy alec sasha sascha xandi; andreas andi; angelika geli; anna anni nanni; anton toni; antonia
toni; barbara babsi baerbel barbel; bernhard bernd berni; brigitte gitte gitti; christine christl; cornelia conny
nele; dietrich dieter; elisabeth lisa elli liesl lisbeth sissi; ferdinand ferdi nandi; franz frank franzl; franziska
franzi sissi fanny; friedrich fritz fiete; georg schorsch; gerhard gerd; gertrud gerti trudi traudl; guenther
gunther gunter gunni guenni; heinrich heinz heiner hein hinrich; helene lene leni; hildegard hilde; joachim jochen
achim; johanna hanna hanne; johannes hans hannes; josef joseph sepp pepi; karl kalle; katharina kathi kathe kaethe
katja; klaus nikolaus niko; konrad conny; leopold poldi; ludwig lutz luggi; magdalena leni lena magda; manfred manni
fred; margarete margarethe grete gretel gretl margit; maria mitzi mizzi; matthias matze hias; maximilian max maxi;
michael michi michel; rudolf rudi; sabine bine; sebastian basti wastl bastian; siegfried siggi; stefan steffen;
susanne susi sanne; theresia theresa resi; ulrich uli ulli; ulrike uli ulli rike; ursula uschi ulla ursel; veronika
vroni; wilhelm willi; wolfgang wolf wolfi
"""
ROMANCE: Final = """
alberto beto berto; alejandro jandro alex; alessandra sandra; alessandro sandro; antonella nella; antonia tona toni;
antonio tony toni tonino nino toto tono; bartolomeo meo; beatriz bia bea; carmela melina; caterina rina; conceicao
sao; concepcion concha conchi; concetta tina cettina; consuelo chelo; cristiana cris; dolores lola loli; domenico
mimmo; eduardo edu lalo dudu; elisabetta betta lisa; emanuele lele manu; encarnacion encarna; enrico rico chicco;
enrique quique kike; federico rico chicco; fernando nando; filippo pippo; francesca franca checca; francesco franco
checco cecco ciccio; francisco paco pancho curro kiko quico chico; gabriele lele; gilberto beto; giovanna gianna
vanna; giovanni gianni nanni vanni; gregorio goyo; guadalupe lupe; guglielmo memo; guillermo memo guille; giuseppe
beppe peppe peppino pino; ignacio nacho; isabel chabela isa; jesus chus chuy; joao juca; joaquim quim; joaquin
quino; josefa pepa; jose ze zeca pepe chepe; leonardo nardo leo; lorenzo enzo renzo; luigi gigi gino; luis lucho;
maddalena lena; manuel manolo manel lolo; manuela manoli manola; margherita rita; mercedes merche; michele lino;
pasquale lino; pilar pili; raffaele lello; rafael rafa; roberto beto berto; rosaria sara; rosario charo; salvatore
toto turi salvo; santiago santi tiago diego; sebastiao tiao; stefano; teresa tere; umberto berto; vicente chente;
vincenzo enzo
"""
POLISH: Final = """
agnieszka aga; aleksander olek alek; aleksandra ola; andrzej jedrek; anna ania anka; antoni antek tosiek; barbara
basia; bartlomiej bartek bartosz; czeslaw czesiek; danuta danka danusia; dariusz darek; edward edek; elzbieta ela
elka; franciszek franek; genowefa gienia; grzegorz grzesiek grzes; hanna hania hanka; helena hela; henryk heniek;
irena irka; jadwiga jadzia; jakub kuba; jan janek jasiek; jaroslaw jarek; jerzy jurek; joanna asia joasia; jozef
jozek; katarzyna kasia; kazimierz kazik kazek; krystyna krysia; krzysztof chris krzys krzysiek; maciej maciek;
magdalena magda; malgorzata gosia malgosia margaret; maria marysia; mateusz mati; mieczyslaw mietek; miroslaw mirek;
piotr piotrek; przemyslaw przemek; ryszard rysiek; slawomir slawek; stanislaw staszek stach stasiek; tadeusz tadek;
tomasz tomek; urszula ula; waldemar waldek; wieslaw wiesiek; wlodzimierz wlodek; wojciech wojtek; zbigniew zbyszek;
zdzislaw zdzisiek; zofia zosia; zygmunt zyga
"""
NORDIC: Final = """
anders ante; birgitta gitta gittan britta; elisabet lisa lisbet; fredrik fredde; gustav gurra; henrik henke;
ingeborg inga; joakim jocke; karl carl kalle; kristina stina kicki; lars lasse; magnus mange manne; margareta greta
maggan; mikael micke; nils nisse; olof olle; per pelle; robert robban; stefan steffe; sven svenne; tomas tompa;
torbjorn tobbe; ulf uffe
"""
AFRICAN_AND_TURKISH: Final = """
sibusiso sbu; tebogo tebza; abdullah apo; fatma fatos; hatice hatce; hasan haso; huseyin huso; ibrahim ibo ebi
ebrahim; ismail ismo; mehmet memo; mohammed mohamed muhammad mo; mustafa musti; suleyman sulo
"""

FRENCH: Final = """
alexandra sandra sandrine; alexandre sandro; antoine tony toine antonin; auguste gus; augustin gus; bernadette nadette
detta; catherine cathy kathy katia; charlotte lolotte; christelle chris kris; christian chris kris; christiane chris;
christine chris kristine; christophe chris kris tophe; daniel dany; danielle dany; edmond ed; edouard ed doudou eddy;
elisabeth babeth babette lise elise lisette; emmanuel manu; emmanuelle manu; ernestine tine; eugenie genie nini;
francois fanfan franz; francoise fanfan soizic swazick; frederique fred; gabriel gaby; gabrielle gaby; genevieve
ginette genny ginou; gerard gege; germaine maimaine; ghislaine gigi; guillaume gui guigui will; henri riton; henriette
riette yette; hippolyte polyte; isabelle isa zaza babelle; jacqueline jackie jacquie line; jacques jacky jacquot jack;
jean jeannot; jeanne jeannette jeannie; joseph jojo jo zef; josephine jo fifine josette; josiane josy; laurence lolo;
laurent lolo; leontine titine; louis loulou; lucien lulu; lucienne lulu; madeleine mado madelon; marcel marco;
marguerite margot maggy magali; marie manon marion mimi mariette marinette; martine titine; mathilde mado thilde;
maurice momo; michel michou mimi; michele michou mimi; mireille mimi; monique momo mona; nathalie nath talie; nicole
nicky nini; paulette paule; philippe philou phil; pierre pierrot; raphael rapha; raymond momo ray; robert bob bobby;
simone momone; stephane stef steph; stephanie stef steph fanny; suzanne suzy suzon suzette; sylvestre sly; therese
tete resi theresa; thierry titi; timothee tim; valentine val; virginie ginie vivi; yves yvon; yvette vevette; yvonne
vonnie vovonne
"""
# What Belgians, Swiss and Luxembourgers are called in the other half of their country.
FRENCH_DUTCH_AND_GERMAN: Final = """
alexandre alexander xander; andre andries andreas; antoine antoon anton toon; arnaud arnoud arnout arnold; arthur
artuur; baudouin boudewijn; benedicte benedikte; benoit benedict benedikt; bernard bernhard; catherine katrien katrijn
katharina trien; charles karel karl; christian christiaan kristiaan kris; christine kristien kristin; christophe
kristof kristoffel christof christoph kristoffer; claude klaas; claire klara clara klaartje; corneille cornelis kees
nelis; denis dennis; dominique dominiek; emile emiel emil; etienne stefaan steven stephan; eugene eugeen eugen;
felicien felix; francois frans franz; frederic frederik friedrich; gauthier gautier wouter walter; geoffroy godfried
gottfried; georges joris jurgen georg; gerard gerrit geert gerhard; gertrude gertrudis geertrui; ghislain gislenus;
gilles gillis; godelieve lieve; gregoire gregor joris; guillaume willem wilhelm wim; guy guido; helene heleen helena
leen; henri hendrik rik heinrich; herve herwig; hubert hubrecht; hugues hugo; ignace ignaas ignatius; jacques jacob
jakob jaak; jean jan johan johannes; jeanne johanna jana; jerome jeroen hieronymus; joseph jozef josef jos jef; julien
juliaan julian; laurent laurens lorenz; leon leo; louis lodewijk ludwig; luc lucas lukas luk; lutgarde lutgart
luitgard lut; madeleine magdalena magdaleen; marc marcus mark markus; marguerite margriet greet griet margarete; marie
maria mieke marieke; mathieu matthieu matthijs mathias matthias thijs; maurice maurits moritz; michel michiel michael;
nicolas nicolaas nikolaas niklaus klaus klaas; olivier oliver; paul pol pauwel; philippe filip philipp flip; pierre
pieter peter piet; quentin kwinten; raymond raymund; remi remigius remy; renaud reinout reinhold; robert robrecht rob;
roger rutger rogier; sebastien sebastiaan sebastian bas; simon siemen; stephane stefaan stefan stephan stef; sylvain
silvan; sylvie silvia; therese theresia trees; thierry dirk diederik dietrich; thomas tomas; valentin valentijn;
vincent vincentius; xavier xaveer; yves ivo
"""
CATALAN_BASQUE_AND_GALICIAN: Final = """
andreu andres; antoni antonio toni; begona bego; bernat bernardo; carles carlos; carme carmen carmina; dolors dolores
lola; eduard eduardo; enric enrique quique kike; esteve esteban; eulalia lali laia; felip felipe; ferran fernando;
francesc xesc cesc francisco paco; gorka jorge; guillem guillermo; inaki ignacio; jaume jaime; joan juan; jon juan;
jordi jorge; josep jose pep pepe; joseba jose; joaquim joaquin quim; julia julian; koldo luis; lluis luis; llorenc
lorenzo; maite maria; manel manuel; marc marcos; maties matias; merce mercedes merche; mikel miguel; miquel miguel;
montserrat montse; narcis narciso; pau pablo; patxi francisco; pere pedro; rafel rafael; ricard ricardo; teresa maite;
tomas tomeu; bartomeu bartolome tomeu; vicenc vicente; xabier javier xabi; xavier javier xavi; xoan juan; xose jose
"""
IRISH_SCOTS_AND_WELSH: Final = """
aine anna; alasdair alistair alastair alister alasdhair; aoife eva; caitlin catherine; caitriona catriona catherine
triona; ciaran kieran; conchobhar conor connor; dafydd david dai; daithi david; diarmuid diarmaid dermot; eilis
elizabeth; eoin owen ian john; ewan euan ewen; gwilym william; hamish james; iain ian; ieuan evan john; ifan evan;
mairead margaret; maire mary; mhairi mary; niall neil; nuala fionnuala; orla orlaith; padraig patrick paddy pauric;
rhys reece; ruairi ruari rory; seamus james; sean shane shaun shawn john; sian jane; sinead jane; siobhan joan; sorcha
sarah; tadhg tim timothy
"""
GREEK: Final = """
aikaterini katerina katia catherine kate; alexandros alekos alex; anastasia natasa tasoula; anastasios tasos; angeliki
kiki; antonios antonis tony; apostolos tolis lakis; aristeidis aristidis aris; athanasios thanasis thanos nasos;
charalampos babis haris; christos chris; dimitra mimi demi; dimitrios dimitris mitsos mimis jimmy; efstathios stathis;
efthymios efthimis thimios; eftychia efi; eleftherios lefteris; eleni elena helen lena; emmanouil manolis manos;
evangelia litsa eva; evangelos vangelis; filippos philip; fotios fotis; georgia gogo; georgios giorgos yorgos yiorgos
george; gerasimos makis; grigorios grigoris greg; ilias elias; ioanna joanna yanna; ioannis giannis yannis yiannis
john; konstantina dina nantia; konstantinos kostas costas kostis dinos constantine gus; kyriaki kiki; kyriakos kyros;
michail michalis mihalis mike michael; nikolaos nikos nick; panagiota giota yiota; panagiotis panayiotis panos takis
pete; paraskevi evi vivi voula; pavlos paul; petros peter; sotirios sotiris; spyridon spyros spiros; stavroula voula;
stefanos stephen; stylianos stelios; theodora dora; theodoros thodoris theo; vasileios vasilios vasilis vassilis bill
basil; vasiliki vaso vicky
"""
CZECH_AND_SLOVAK: Final = """
alexandr sasa; alzbeta betka ela; anna anicka anca; antonin tonda tonik; barbora bara barca; bohumil bohus; dagmar
dasa; daniela dana; eliska ela; emilie ema; frantisek franta fanda fero; frantiska fany; hana hanka; jakub kuba; jan
honza jenda janko; jana janka; jaroslav jarda jaro; jaroslava jarka jarca; jindrich jindra; jiri jirka jura george;
jirina jirka; josef pepa jozka; jozef jozo; juraj juro; karel kaja; katerina katka kata kacka; kristyna tyna; ladislav
lada laco; ludmila lida lidka; magdalena magda madla; marie maruska majka; marketa marketka marketta; matej mata;
michaela misa miska; michal misa misko; milos milda; miroslav mirek miro; miroslava mirka; oldrich olda; ondrej ondra;
pavel pavlik; petr peta; petra peta; premysl premek; radoslav radek rado; rostislav rosta; rudolf ruda rudo; stanislav
standa stano; stepan stepa; stefan stevo; tereza terka; vaclav vasek vena; vera verka; veronika verca nika; vladimir
vlada vlado; vladislav vlada; vojtech vojta; zdenek zdenda; zdenka zdena; zuzana zuzka zuza
"""
RUSSIAN_AND_UKRAINIAN: Final = """
alexander aleksandr oleksandr sasha shura; alexandra aleksandra sasha shura; alexei aleksei oleksiy alyosha lyosha;
anastasia anastasiya nastya; anna anya hanna; boris borya; daria darya dasha; dmitri dmitry dmytro dima mitya;
ekaterina kateryna katya; elena olena lena; elizaveta yelyzaveta liza; evgeny yevgeny yevhen zhenya; evgenia zhenya;
galina halyna galya; grigory hryhoriy grisha; irina iryna ira; ivan vanya; konstantin kostya; ksenia ksyusha; lyubov
lyuba; lyudmila liudmyla lyuda mila; maria mariya masha; mikhail mykhailo misha; nadezhda nadiya nadya; natalia
nataliya natasha; nikolai mykola kolya; olga olha olya; pavel pavlo pasha; pyotr petro petya; roman roma; sergei
sergey serhiy seryozha; sofia sofiya sonya; svetlana svitlana sveta; tatiana tetiana tanya; valentina valya; valery
valera; vasily vasyl vasya; viktor vitya; vladimir volodymyr volodya vova; vladislav vladyslav vlad; vyacheslav
viacheslav slava; yakov yasha; yuri yury yuriy yura; yulia yuliya julia
"""
HUNGARIAN_AND_ROMANIAN: Final = """
alexandru sandu alecu; andras andris bandi; constantin costel costica; dumitru mitica dimitrie; ecaterina catinca;
elena lenuta; erzsebet bozsi zsoka erzsi; ferenc feri; gabor gabi; gheorghe ghita gica george; gyorgy gyuri gyurka;
ilona ica ili; ioan ion ionel nelu; istvan pista pisti; janos jancsi jani; jozsef joska jozsi; karoly karcsi; katalin
kati kata; lajos lali; laszlo laci; margit manci; maria marika mari maricica; mihai misu; mihaly misi; miklos miki;
nicolae nicu nelu; piroska piri; sandor sanyi; stefan fane; tamas tomi; vasile vasilica; zsuzsanna zsuzsi zsuzsa
"""

GROUPS: Final = tuple(
    frozenset(group.split())
    for language in (
        ENGLISH,
        DUTCH_AND_AFRIKAANS,
        GERMAN,
        FRENCH,
        FRENCH_DUTCH_AND_GERMAN,
        ROMANCE,
        CATALAN_BASQUE_AND_GALICIAN,
        IRISH_SCOTS_AND_WELSH,
        GREEK,
        POLISH,
        CZECH_AND_SLOVAK,
        RUSSIAN_AND_UKRAINIAN,
        HUNGARIAN_AND_ROMANIAN,
        NORDIC,
        AFRICAN_AND_TURKISH,
    )
    for group in language.split(";")
    if len(group.split()) > 1
)
NOWHERE: Final[frozenset[int]] = frozenset()
# Name → the places of its groups.
PLACES: Final = {
    name: frozenset(place for place, group in enumerate(GROUPS) if name in group)
    for name in frozenset().union(*GROUPS)
}


def are_of_one_group(one: str, other: str) -> bool:
    """Whether a table knows two folded names as forms of one."""
    return not PLACES.get(one, NOWHERE).isdisjoint(PLACES.get(other, NOWHERE))
