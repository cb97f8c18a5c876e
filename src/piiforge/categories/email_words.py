"""The words that addresses are made of: names of people, of providers, of invented companies.

Names are lower case and written in the 26 letters, as they stand in addresses. A company's or a
university's domain is put together from words, so it is as real as its dice.

Sources:
    https://www.rfc-editor.org/rfc/rfc2606
    https://www.iana.org/domains/reserved
    https://data.iana.org/TLD/tlds-alpha-by-domain.txt

>>> [domain for domain in FREE_DOMAINS if domain in PLACEHOLDER_DOMAINS]
[]
"""
# ruff: noqa: SIM905  (lists of words are read and kept in order more easily as text)

GIVEN = tuple(
    """
    james mary john linda robert susan mike karen david lisa emma olivia noah liam ava ethan mason
    chloe grace hannah tyler brandon kevin laura rachel megan kate tom ben sam alex chris jordan
    jose maria juan ana luis carmen carlos lucia javier elena miguel sofia pablo marta diego
    valentina alejandro camila fernando paula andres gabriela ricardo ximena mateo
    pierre claire jean camille louis manon hugo lea antoine juliette nicolas amelie thomas chantal
    wei xiaoming fang jing lei yan min hao yuting xin jun mei zihan haoran yifan siyu
    anna lukas jonas katrin stefan heike giulia marco francesca luca chiara matteo
    yuki haruto sakura kenji aiko minjun jiwoo seoyeon priya rahul ananya arjun deepika vikram
    fatima omar aisha yusuf layla hassan ngoc linh minh thanh olga ivan natasha dmitri svetlana
    joao beatriz rafael larissa thiago kwame amara chidi zanele sven ingrid lars astrid
    """.split()
)
FAMILY = tuple(
    """
    smith johnson williams brown jones miller davis wilson anderson taylor moore jackson martin lee
    thompson white harris clark lewis walker hall young king wright scott green baker adams nelson
    carter mitchell roberts turner phillips campbell parker evans edwards collins murphy oconnor
    garcia martinez lopez hernandez gonzalez perez rodriguez sanchez ramirez torres flores rivera
    gomez diaz cruz morales ortiz delacruz vargas castillo jimenez moreno romero navarro ruiz
    dupont durand bernard petit moreau laurent lefebvre roux fournier girard mercier blanc garnier
    wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo lin he gao luo zheng
    mueller schmidt schneider fischer weber wagner becker hoffmann rossi ferrari esposito bianchi
    tanaka suzuki sato takahashi yamamoto kim park choi jung nguyen tran pham le vo
    patel sharma singh gupta reddy iyer khan ahmed hussain ali rahman haddad silva santos oliveira
    souza costa pereira ivanov petrov kowalski nowak okafor mensah adeyemi dlamini johansson hansen
    """.split()
)
WORDS = tuple(
    """
    blue silver lucky crazy happy sunny wild quiet little big dark red golden magic retro pixel
    cosmic electric stormy velvet rusty salty tiger wolf panda fox falcon otter raven dragon kitten
    moose badger rider runner baker gamer coder dancer surfer hiker painter gardener drummer chef
    captain ninja queen star moon river forest mountain ocean desert garden coffee taco noodle
    pepper honey mango guitar vinyl soccer futbol luna cielo sol gato perro rayo soleil lune chat
    etoile papillon xiong long feng yun xue
    """.split()
)

FREE_DOMAINS = (
    *("gmail.com",) * 12,
    *("hotmail.com", "outlook.com", "yahoo.com") * 3,
    *("icloud.com", "qq.com", "163.com") * 2,
    *("aol.com", "live.com", "msn.com", "me.com", "proton.me", "protonmail.com", "ymail.com"),
    *("gmx.com", "gmx.de", "web.de", "mail.com", "zoho.com", "fastmail.com", "hey.com", "pm.me"),
    *("hotmail.es", "yahoo.es", "outlook.es", "yahoo.com.mx", "hotmail.com.mx", "live.com.mx"),
    *("yahoo.com.ar", "outlook.com.br", "uol.com.br", "terra.com.br", "hotmail.it", "libero.it"),
    *("yahoo.fr", "hotmail.fr", "outlook.fr", "live.fr", "laposte.net", "yahoo.co.uk"),
    *("hotmail.co.uk", "126.com", "sina.com", "sina.cn", "sohu.com", "foxmail.com", "yeah.net"),
    *("139.com", "aliyun.com", "yahoo.co.jp", "naver.com", "daum.net", "rediffmail.com"),
    *("yandex.ru", "mail.ru", "wp.pl", "seznam.cz", "telefonica.net", "tutanota.com"),
)
ISP_DOMAINS = (
    *("comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net"),
    *("charter.net", "earthlink.net", "frontier.com", "optonline.net", "orange.fr", "wanadoo.fr"),
    *("free.fr", "sfr.fr", "bbox.fr", "neuf.fr", "movistar.es", "telefonica.net", "ono.com"),
    *("prodigy.net.mx", "telmex.com", "btinternet.com", "sky.com", "virginmedia.com", "shaw.ca"),
    *("rogers.com", "sympatico.ca", "t-online.de", "freenet.de", "tin.it", "bigpond.com"),
    *("189.cn", "wo.cn", "docomo.ne.jp", "ziggo.nl", "telenet.be", "bluewin.ch"),
)
FIRMS = tuple(
    """
    north south east west lake hill stone bright clear summit harbor cedar maple oak pine iron
    copper blue green red silver river bay gulf sierra mesa alto puente campo torre faro costa
    lumen nova terra vita porta forge anvil atlas orbit vector matrix delta omega quartz cobalt
    juniper willow heron osprey badger linden alder birch rowan tian hua jin rui heng
    """.split()
)
TRADES = tuple(
    """
    works labs tech soft data media health dental legal law realty homes build freight foods
    coffee bikes travel tours bank capital insure design studio print energy solar motors parts
    supply tools logistics consulting partners group services systems solutions marketing farma
    viajes abogados muebles conseil immo habitat keji maoyi
    """.split()
)
FIRM_ENDINGS = (
    *("com",) * 14,
    *("net", "org", "io", "co", "us", "biz", "ai", "dev", "app", "shop", "store", "tech") * 2,
    *("es", "fr", "mx", "com.mx", "de", "co.uk", "ca", "com.br", "it", "cn", "com.cn") * 2,
    *("com.ar", "com.co", "cl", "pe", "nl", "be", "ch", "eu", "com.au", "co.nz", "in", "jp"),
    *("co.jp", "pl", "se", "no", "ie", "pt", "hk", "com.sg", "info", "agency", "health", "law"),
)
FIRM_SUBDOMAINS = ("mail.", "us.", "corp.", "team.", "eu.", "hq.", "mx.", "emea.", "dept.")
PLACES = tuple(
    """
    westbrook lakemont fairview ashford kingsley norwood milford stanton easton redhill oakdale
    brookfield larkspur valmont rivera altamira belmonte clairvaux beaulieu montclair lindental
    steinfeld nanhu xishan dongshan
    """.split()
)
SCHOOL_ENDINGS = (
    *("{0}.edu", "cs.{0}.edu", "student.{0}.edu", "alumni.{0}.edu", "g.{0}.edu", "mail.{0}.edu"),
    *("{0}.ac.uk", "student.{0}.ac.uk", "uni-{0}.de", "stud.uni-{0}.de", "univ-{0}.fr"),
    *("etu.univ-{0}.fr", "u{0}.es", "alumnos.u{0}.es", "{0}.edu.mx", "alumno.{0}.edu.mx"),
    *("{0}.edu.cn", "mail.{0}.edu.cn", "{0}.k12.ca.us", "{0}.ac.jp", "{0}.edu.co", "{0}.ca"),
)
ACCENTED = tuple(
    """
    müller bäckerei grünwald köln peluquería diseño españa niñez château crédit forêt façade
    hôtel élan café jardín señal naïve smörgås åkerman łódka żubr 北京 书店 咖啡
    """.split()
)
ACCENTED_ENDINGS = ("com", "de", "es", "fr", "net", "se", "ch", "eu", "org")

ROLES = tuple(
    """
    support sales info billing contact hello help admin office press careers jobs hr accounts orders
    service team feedback privacy legal returns booking reservations webmaster postmaster abuse
    security marketing soporte ventas contacto ayuda facturacion reservas clientes service-client
    commercial assistance recrutement kefu shangwu buchhaltung kundenservice noreply
    """.split()
)

PLACEHOLDER_DOMAINS = frozenset(
    """
    example.com example.net example.org example.edu example.co.uk example.fr example.es example.de
    domain.com mydomain.com yourdomain.com your-domain.com test.com test.net test.org testing.com
    company.com yourcompany.com mycompany.com sample.com samples.com placeholder.com foo.com bar.com
    foobar.com email.test xxx.com xxxx.com asdf.com null.com
    nowhere.com website.com yoursite.com mysite.com
    ejemplo.com ejemplo.es ejemplo.org ejemplo.com.mx dominio.com tudominio.com sudominio.com
    empresa.com tuempresa.com miempresa.com prueba.com correo.ejemplo
    exemple.com exemple.fr exemple.org domaine.fr domaine.com votredomaine.fr entreprise.fr
    monentreprise.fr beispiel.de esempio.it exemplo.com.br
    yuming.com gongsi.com shili.com 示例.com 域名.com 例子.com 公司.com
    """.split()
)
RESERVED_TLDS = frozenset("test example invalid localhost local internal lan home corp".split())
PLACEHOLDER_LOCALS = frozenset(
    """
    your.name yourname your_name your-name your.email youremail your-email your_email youraddress
    first.last firstname.lastname firstname lastname first.lastname name.surname someone somebody
    user.name example sample placeholder
    tu.nombre tunombre tu.correo tucorreo tu-correo sucorreo su.correo nombre.apellido ejemplo
    votre.nom votrenom votre.email votre-email votreadresse prenom.nom exemple
    nideyouxiang youxiang xxx xxxx xxxxx aaa asdf qwerty test test123 foo
    """.split()
)
PLACEHOLDERS = (
    *("name@example.com", "you@domain.com", "user@test.com", "your.name@company.com"),
    *("<your email>", "<your-email>", "[email]", "your@email", "test@test", "test@test.com"),
    *(
        "email@domain.com",
        "someone@example.org",
        "user@example.net",
        "foo@bar.com",
    ),
    *("xxx@xxx.com", "xxxx@xxxx.com", "user@host.invalid", "nobody@nowhere.invalid"),
    *("jane.doe@mail.test", "john.doe@example.com", "jdoe@example.org", "firstname@company.com"),
    *("asdf@asdf.com", "test123@test.com", "firstname.lastname@company.com", "a@a.invalid"),
    *("correo@ejemplo.com", "nombre@ejemplo.com", "tu.correo@dominio.com", "usuario@ejemplo.es"),
    *("nombre.apellido@empresa.com", "<tu correo>", "tucorreo@tudominio.com", "prueba@prueba.com"),
    *("nom@exemple.fr", "prenom.nom@exemple.fr", "votre.email@domaine.fr", "<votre e-mail>"),
    *("prenom.nom@entreprise.fr", "utilisateur@exemple.com", "vous@domaine.com"),
    *("youxiang@example.com", "zhangsan@example.com", "<您的邮箱>", "您的邮箱@example.com"),
    *("xxx@example.cn.invalid", "yonghu@shili.com", "邮箱@域名.com", "name@yourcompany.com"),
)

PACKAGES = (
    *("react", "lodash", "vue", "axios", "express", "webpack", "typescript", "next", "eslint"),
    *("@types/node", "@babel/core", "@angular/core", "@mui/material", "@sentry/browser", "jquery"),
    *("@vue/compiler-sfc", "left-pad", "bootstrap", "d3", "chart.js", "moment", "three", "vite"),
    *("@segment/analytics-next", "core-js", "swiper", "gsap", "rxjs", "svelte", "tailwindcss"),
)
IMAGES = (
    *("logo", "hero", "hero-banner", "icon-cart", "avatar", "product_01", "bg-pattern", "favicon"),
    *("img/checkout", "assets/header", "thumb_blue", "sprite", "footer-logo", "card-visa", "promo"),
)
GIT_HOSTS = (
    *("github.com", "gitlab.com", "bitbucket.org", "git.internal.invalid", "ssh.dev.azure.com"),
    *("codeberg.org", "gitea.build.local", "git.sr.ht", "gitlab.corp.internal"),
)
LOGIN_SCHEMES = (
    *("https", "ftp", "sftp", "postgres", "postgresql", "mysql", "mongodb", "redis", "amqp"),
    *("http", "mongodb+srv", "smb"),
)
LOGIN_USERS = ("deploy", "app", "svc_web", "root", "reader", "etl", "analytics", "ci", "guest")
LOGIN_HOSTS = (
    *("db.internal", "10.0.3.17", "cache-1.local", "mq.prod.internal", "files.example.net"),
    *("localhost", "192.168.1.20", "cluster0.mongo.invalid", "registry.example.com"),
)
SERVERS = ("mastodon.example", "social.example.org", "fedi.invalid")
