"""Short forms of first names, by the languages of our clubs. Pure data.

A group is one name and what its bearers are called. Two groups may have a short form in common (Enzo is Vincenzo or
Lorenzo): it joins each of them, but not the two. What begins its name (Mandla for Mandlakayise), is a part of it or has
an ending of endearment needs no line here: `names.is_short_form` knows it. Folded, as keyboards without ł and ø write.
"""

from typing import Final

ENGLISH: Final = """
abigail abby gail; albert al bert bertie; alfred alf alfie fred; amanda mandy; andrew andy drew; anthony tony;
archibald archie; barbara babs barb; beatrice bea trixie; bernard bernie; catherine katherine kathryn cath kate
katie kathy cathy kitty; cecilia celia cissy; charles charlie chuck chas; charlotte lottie charlie; christina
christine chris chrissie tina; christopher chris kit topher; constance connie; cynthia cindy; daniel dan danny;
david dave davey davie; deborah debbie deb; dorothy dot dottie dolly dora; edith edie; edmund ed ned; edward ed
eddie ted teddy ned; eleanor ellie nell nora; elizabeth liz lizzie beth betty betsy bess eliza lisa libby; ernest
ernie; eugene gene; evelyn evie; florence flo flossie; frances fran frankie fanny; frederick fred freddie freddy;
geoffrey jeffrey geoff jeff; gerald gerard gerry jerry; gillian jillian gill jill; harold harry hal; helen nell
nellie; henry harry hank hal; herbert herb bert; isabel isabella izzy bella belle; jacqueline jackie; james jim
jimmy jamie; jennifer jenny jen; john jack johnny jon; joseph joe joey; josephine jo josie; judith judy jude; julian
jules; kenneth ken kenny; lawrence laurence larry laurie; leonard len lenny leo; leslie les; louise lou lulu;
malcolm calum callum; margaret maggie meg peggy greta madge daisy; marjorie marge margie; martha mattie; mary molly
polly may; matthew matt; michael mike mick mickey; nathaniel nat nate; nicholas nick nicky; nicola nicky nikki;
olivia liv livvy; oliver ollie olly; patricia pat patty tricia trish; patrick pat paddy; penelope penny; philip phil
pip; philippa pippa pip; rebecca becky becca; reginald reg reggie rex; richard dick rick ricky rich dickie; robert
bob bobby rob robbie bert; ronald ron ronnie; rosemary rosie; samantha sam; samuel sam sammy; sarah sally sadie;
stephen steven steve; susan sue susie suzanne; teresa theresa tess terry tessa; terence terry; theodore ted theo;
thomas tom tommy; victoria vicky vic tori; vincent vince; virginia ginny; walter walt wally; william bill billy will
willie liam; winifred winnie freddie; zachary zach zack
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

GROUPS: Final = tuple(
    frozenset(group.split())
    for language in (
        ENGLISH,
        DUTCH_AND_AFRIKAANS,
        GERMAN,
        ROMANCE,
        POLISH,
        NORDIC,
        AFRICAN_AND_TURKISH,
    )
    for group in language.split(";")
    if len(group.split()) > 1
)
