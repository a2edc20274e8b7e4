"""Top-level domains that addresses end in: those of countries, and the general ones in common use."""

from __future__ import annotations

COUNTRIES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz ca cc cd cf cg ch "
    "ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm "
    "gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb "
    "lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu "
    "nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx "
    "sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
)
GENERAL = (
    "academy aero agency app art arpa asia associates auction audio bank bar beer berlin best bet bid bike bio biz black blog blue "
    "boutique build builders business buzz cafe camera camp capital cards care career careers cash cat center chat church city "
    "claims cleaning click clinic clothing cloud club coach codes coffee college com community company computer consulting "
    "contractors cool coop country coupons credit cricket cruises dance date dating deals delivery democrat dental desi design dev "
    "diamonds digital direct directory dog domains download earth education edu email energy engineer engineering enterprises "
    "equipment estate events exchange expert exposed express fail faith family fans farm fashion fans film finance financial fish "
    "fit fitness flights florist fm football forsale foundation fun fund furniture futbol fyi gallery game games garden gift gifts "
    "gives glass global gmbh gold golf gov graphics gratis green gripe group guide guru hamburg haus health healthcare help "
    "hiphop holdings holiday homes horse hospital host hosting house how icu immo immobilien inc industries info ink institute "
    "insure int international investments jetzt jobs kaufen kim kitchen koeln land law lawyer legal life lighting limited limo "
    "link live llc loan loans lol london love ltd ltda luxe maison management market marketing mba media memorial men menu mil "
    "mobi moda moe money mortgage moscow museum name navy net network news ngo ninja nyc observer one ong online ooo org "
    "organic page paris partners parts party pet photo photography photos physio pics pictures pink pizza plumbing plus poker porn "
    "post press pro productions promo properties property pub qpon quebec racing realestate recipes red rehab reise reisen rent "
    "rentals repair report republican rest restaurant review reviews rich rip rocks rodeo run sale salon sarl school schule "
    "science security services sex sexy shiksha shoes shop shopping show singles site ski soccer social software solar solutions "
    "space sport store stream studio study style sucks supplies supply support surf surgery swiss systems tattoo tax taxi team "
    "tech technology tel tennis theater tickets tienda tips tires today tokyo tools top tours town toys trade trading training "
    "travel tube university uno vacations vegas ventures vet viajes video villas vin vip vision vodka vote voyage wales watch "
    "webcam website wedding wiki win wine work works world wtf xin xxx xyz yoga zone"
)
DOMAINS = frozenset(f"{COUNTRIES} {GENERAL}".split())
