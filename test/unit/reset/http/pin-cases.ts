// Queries and parameter names with what they mean, percent-encoded where white space would end them. Most were written by
// client libraries (qs, query-string, url-template, axios) or are printed objects of the common languages.

const list = ({ raw }: TemplateStringsArray) => raw.join('').trim().split(/\s+/);

/** Names that mean a PIN, whatever the value. */
export const namesOfPins = list`
  PIN Pin piN pin[] pin[0] pin+ +pin pin%00 pin. "pin" amp;pin ｐｉｎ [pin] pin[a][b] pin%0A[a]%0A pin[ amp;amp;pin
  SMSPINEntered userpins userpinno userpinnr userpinnum userpinnummer userpindigit userpininput userpinfield
  userpinentry userpintext userpinpass userpinotp userpinname pinname pinnew pinneu pinkey p+i+n -p-i-n- p%00in 1p2i3n4 pïn pİn pın user[pin] user[PiN] data.pin RECOVERY_PIN recovery-pin x+pin+y pin2
  2pin pin5621 é-pin recoveryPin RecoveryPIN PINCode PINcode PINofUser myPINofUser pinOfUser userPinCode XPin
  recoverypin RECOVERYPIN userpin accesspin pincode PINCODE userpincode recoverypin2 pins pinnumber pinnummer
  pinnum pinnr pinno pinvalue pindigits pininput pinfield pinpin spinpin user%EF%BF%BDpin recovery_p%EF%BF%BDin
  recovery_p%E2%80%8Bin recovery%E2%80%8Bpin %2570in %252570in user%255Bpin%255D user%25255bpin%25255d
  %25EF%25BD%2590in lang%3Dde%26pin%3D5621 lang%3Dde%265621 p-in pi-n p--i--n
`;

/** Names that mean no PIN, whatever the value. */
export const otherNames = list`
  xpinx pink spin spins Spin topSpin spin[a] amp; p pi in amp;pi shipping Shipping SHIPPING_ID shippingCode
  ping PING pinterest opinion spinning pinned pingCode utm_source uber-trace-id mapIn dropIn pi.n2x nip pni code
  backspin tailspin alpin hatpin linchpin lupin lynchpin pushpin tenpin terrapins pinatas pincer pinched pinches
  pinching pincushion pinewood pinhead pinhole pining pinion pinna pinni pinnwand pinny pinout pinoy pinscher pinstripe
  pinwheel pina pine pines pinfo pinit pinsel pinto
  passcode otp пин p%EF%BF%BD %25zz __proto__
`;

/** Queries that mean a PIN and have no parameter `pin`. */
export const queriesOfPins = list`
  5621 +5621+ (5621) "5621" ５６２１ ٥٦٢١ %2535621 /5621 =pin5621 %252525%252537%252530in=5621 pinentry=5621
  pindigit=5 RECOVERYPINcode=5621 pinkode=5621 5621=1 56%E2%80%8B21 =5621 =+5621 =५६२१ []=5621 0=5621 _=5621
  undefined=5621 (null)=5621 None=5621 nil=5621 5,6,2,1 =5,6,2,1 []=5,6,2,1 [5,6,2,1] =[5,6,2,1] []=[5,6,2,1]
  ["5","6","2","1"] =["5","6","2","1"] []=["5","6","2","1"] 5-6-2-1 =5-6-2-1 []=5-6-2-1 5+6+2+1 =5+6+2+1
  []=5+6+2+1 ٥,٦,٢,١ =٥,٦,٢,١ []=٥,٦,٢,١ 0=5&1=6&2=2&3=1 []=5&[]=6&[]=2&[]=1 =5&=6&=2&=1 [0]=5&[1]=6&[2]=2&[3]=1
  _=1712345678901&0=%D9%A5&1=6&2=2&3=1 [object+Object] [object%2BObject] %255Bobject%2520Object%255D
  [object+Promise] [object+FormData] params=[object+Object] user=[object+Object],[object+Object] lang=pin=5621
  lang=pin= lang=PIN= lang=de?pin=5621 lang=de?pin= lang=de?pin=%26a=1 lang=de?spinpin= lang=de;pin=5621
  lang=de%23pin=1 lang=de,pin=x lang=de+pin=5 lang=de/pin=5621 lang=de|pin=5621 lang=de%09pin=5621
  lang=de%2526pin=5621 lang=de%252526pin%25253D5621 lang=de%253Fpin%253D5621 lang=de%EF%BC%86pin%EF%BC%9D5621
  lang=de?recoveryPin=5621 lang=de?recoverypin= lang=de?user[pin]=5621 lang=de?user%255Bpin%255D=5621
  lang=de?pin[0]=5 lang=a=b=pin=1 lang=de?pinOfUser=5621 lang=de?PIN+=5621 lang=de?a=1%26pin[]=
  lang=https://example.com/?pin=1 lang=a:pin=5621 lang=de?pinOfUser=5621%26a=1 lang={"pin":"5621"}
  lang={"pin":5621} lang={+"lang":+"de",%0A+"pin"+:+"5621"+} lang={'pin':'5621'} lang=pin:5621 lang=a;pin:+5621
  lang={"pin":"abc"} lang={"pin":"a+null+b"} lang={"pin":""} lang={"pin":["5621"]} lang={"pin":{"value":"5621"}}
  lang={"a":"{\"pin\":\"5621\"}"} lang={%E2%80%9Cpin%E2%80%9D:%E2%80%9C5621%E2%80%9D} lang=de%252526%252570in=5621
  lang=de%2525%2532%2536pin=5621 lang=de?5621 lang=de%265621 lang=de?5621%26a=1 lang=de?5621%23a lang=de%253F5621
  lang=de?٥٦٢١ PIN=5621 Pin=5621 piN=5621 %50IN=5621 pin[]=5621 pin%5B%5D=5621 pin[0]=5621
  pin[0]=5&pin[1]=6&pin[2]=2&pin[3]=1 pin[value]=5621 pin[ [pin]=5621 pin.=5621 pin:=5621 pin_=5621 -pin=5621
  $pin=5621 pin%3D5621 +pin=5621 pin+=5621 pin%00=5621 pin%0A=5621 p%00in=5621 utm_source=mail&amp;pin=5621
  %EF%BD%90%EF%BD%89%EF%BD%8E=5621 p%C4%B0n=5621 %E2%80%8Bpin=5621 %EF%BB%BFpin=5621 p%C4%B1n=5621 p%ffin=5621
  user%ffpin=5621 recoveryPin=5621 recoveryPin= recoveryPin RecoveryPIN=5621 RECOVERY_PIN=5621 recovery-pin=5621
  recoverypin=5621 user[pin]=5621 user%5Bpin%5D=5621 user%255Bpin%255D=5621 data.pin=5621 PINCode=5621
  PINcode=5621 pincode=5621 userpin=5621 pin2=5621 pin5621 pin-5621 %2570in=5621 a=1;pin=5621 lang=de%26pin=5621
  lang=de%26pin%3D5621 lang=de%2526pin%253D5621 lang=de%3Fpin%3D5621 lang=de%23pin=5621 lang=de,pin=5621
  lang=de+pin=5621 x=pin=5621 body=%7B%22pin%22%3A%225621%22%7D utm_source=https%3A%2F%2Fexample.com%2F%3Fpin%3D1
  5621= &5621&lang=de %285621%29 %EF%BC%95%EF%BC%96%EF%BC%92%EF%BC%91 %D9%A5%D9%A6%D9%A2%D9%A1
  %5Bobject+Promise%5D

  params=pin,5621 query=pin,5621,lang,de params[]=pin%2C5621 request=[pin,+5621]
  data=ResetRequest(pin:+Optional("5621")) r=Reset+{+pin:+Some("5621")+} xml=%3Cpin%3E5621%3C/pin%3E
  x=userPin+5621 q=lang|de|pin|5621 0[name]=pin&0[value]=5621 request=T$ResetParams@2b6faea6
  l=[Ljava.lang.String;@1b6d3586 o=[object+Object] s=System.String[] p=%3CResetRequest:+0x600003%3E
  pincodevalue=5621 pinnumberinput=5621 pinkoodi=5621 pinkodu=5621 de?=5621 de?undefined=5621 true=5621 NaN=5621
  5621.0 5621L 5&6&2&1 5.6.2.1

  params[pin]=5621 params=pin&params=5621 p.pin=5621 params[0][0]=pin&params[0][1]=5621
  params[0]=pin&params[1]=5621 params[][]=pin&params[][]=5621 params[]=pin&params[]=5621 params[]=pin,5621
  params:list=pin&params:list=5621 x=1&p=pin,5621 &params=pin,5621 p=pin,5621 p=pin=5621 p=;params=pin,5621
  p=;pin=5621 p=.pin,5621 p=.pin=5621 p=%23pin=5621 p=%23pin,5621 a[pin]=5621 a[0][pin]=5621 a={"pin":"5621"}
  a[0][0]=pin&a[0][1]=5621 a=[object+Object] a=pin=5621 {"pin":"5621"}
  x=%25257B%252522pin%252522%25253A%2525225621%252522%25257D x=pin,5621 pin,5621 params[recoveryPin]=5621
  params=recoveryPin&params=5621 p.recoveryPin=5621 params=recoveryPin,5621
  params[0][0]=recoveryPin&params[0][1]=5621 params[0]=recoveryPin&params[1]=5621
  params[][]=recoveryPin&params[][]=5621 params[]=recoveryPin&params[]=5621 params[]=recoveryPin,5621
  params:list=recoveryPin&params:list=5621 x=1&p=recoveryPin,5621 &params=recoveryPin,5621 p=recoveryPin,5621
  p=recoveryPin=5621 p=;params=recoveryPin,5621 p=;recoveryPin=5621 p=.recoveryPin,5621 p=.recoveryPin=5621
  p=%23recoveryPin=5621 p=%23recoveryPin,5621 a[recoveryPin]=5621 a[0][recoveryPin]=5621 a={"recoveryPin":"5621"}
  a[0][0]=recoveryPin&a[0][1]=5621 a=recoveryPin=5621 {"recoveryPin":"5621"}
  x=%25257B%252522recoveryPin%252522%25253A%2525225621%252522%25257D x=recoveryPin,5621 recoveryPin,5621
  params[lang]=de&params[pin]=5621 params=lang&params=de&params=pin&params=5621 p.lang=de&p.pin=5621
  params=lang,de,pin,5621 params[0][0]=lang&params[0][1]=de&params[1][0]=pin&params[1][1]=5621
  params[0]=lang&params[1]=de&params[2]=pin&params[3]=5621
  params[][]=lang&params[][]=de&params[][]=pin&params[][]=5621
  params[]=lang&params[]=de&params[]=pin&params[]=5621 params[]=lang,de,pin,5621
  params:list=lang&params:list=de&params:list=pin&params:list=5621 x=1&p=lang,de,pin,5621 &params=lang,de,pin,5621
  p=lang,de,pin,5621 p=lang=de,pin=5621 p=;params=lang,de,pin,5621 p=;lang=de;pin=5621 p=.lang,de,pin,5621
  p=.lang=de.pin=5621 p=%23lang=de,pin=5621 p=%23lang,de,pin,5621 a[lang]=de&a[pin]=5621
  a[0][lang]=de&a[0][pin]=5621 a={"lang":"de","pin":"5621"} a[0][0]=lang&a[0][1]=de&a[1][0]=pin&a[1][1]=5621
  a=lang=de%26pin=5621 {"lang":"de","pin":"5621"}
  x=%25257B%252522lang%252522%25253A%252522de%252522%25252C%252522pin%252522%25253A%2525225621%252522%25257D
  x=lang,de,pin,5621 lang,de,pin,5621 x={pin=5621} x=ResetRequest(pin=5621) x=ResetRequest[pin=5621]
  x=ResetRequest{pin='5621'} x=Optional[ResetRequest[pin=5621]] x=com.example.ResetRequest@3fee733d
  x=[Lcom.example.Pin;@1b6d3586 x=[C@1b6d3586 x=[I@6d06d69c x=[[C@6d06d69c x=Main$1@6d06d69c
  x=kotlin.Pair@1a2b3c4d x=(pin,+5621) x=[(pin,+5621)] x=Map(pin+->+5621) x={"pin":+"5621"} x=["pin":+"5621"]
  x=[AnyHashable("pin"):+5621] x=["pin":+Optional(5621)] x=ResetRequest(lang:+"de",+pin:+"5621")
  x=ResetRequest(lang:+nil,+pin:+Optional("5621")) x=App.ResetRequest(pin:+Optional("5621"))
  x={%0A++++pin+=+5621;%0A} x={%0A++++lang+=+de;%0A++++pin+=+5621;%0A} x=<ResetRequest:+0x600003c1>
  x=<__NSDictionaryM:+0x600003c1> x=<NSURLQueryItem+0x600003c1>+{name+=+pin,+value+=+5621} x=[pin,+5621]
  x=ResetRequest+{+Pin+=+5621+} x={+pin+=+5621+}
  x=System.Collections.Generic.Dictionary%602[System.String,System.String]
  x=System.Collections.Generic.List%601[System.String] x=System.Object x=System.Char[]
  x=Array%0A(%0A++++[pin]+=>+5621%0A)%0A x=array+(%0A++'pin'+=>+'5621',%0A)
  x=array(1)+{%0A++["pin"]=>%0A++string(4)+"5621"%0A} x=a:1:{s:3:"pin";s:4:"5621";} x=a:1:{s:3:"pin";i:5621;}
  x=O:5:"Reset":1:{s:3:"pin";s:4:"5621";} x=stdClass+Object%0A(%0A++++[pin]+=>+5621%0A) x={:pin=>"5621"}
  x={"pin"=>"5621"} x={pin:+"5621"} x=%23<struct+pin="5621"> x=%23<OpenStruct+pin="5621">
  x=%23<Reset:0x00007f8b1a0b+@pin="5621"> x=%23<Reset:0x00007f8b1a0b1234> x={'pin':+'5621'} x={u'pin':+u'5621'}
  x=ResetRequest(pin='5621') x=[('pin',+'5621')] x=('pin',+'5621') x=dict_items([('pin',+'5621')])
  x=ImmutableMultiDict([('pin',+'5621')]) x=OrderedDict([('pin',+'5621')])
  x=<__main__.Reset+object+at+0x7f1c2d3e4f50> x=<Reset+object+at+0x10a2b3c4d> x={b'pin':+b'5621'}
  x=[(b'pin',+b'5621')] x=map[pin:5621] x=map[lang:de+pin:5621] x={Pin:5621} x=%26{Pin:5621}
  x=main.Reset{Pin:"5621"} x=map[string]string{"pin":"5621"} x=map[string][]string{"pin":[]string{"5621"}}
  x=map[pin:[5621]] x=Reset+{+pin:+"5621"+} x=Reset+{+pin:+Some("5621")+} x=Some(Reset+{+pin:+5621+})
  x=[("pin",+"5621")] x=Reset+{+pin:+Pin("5621")+} x=Reset+{+pin:+Some(Pin("5621"))+} x=Instance+of+'ResetRequest'
  x=Instance+of+'Future<String>' x={pin:+5621,+lang:+de} x=MapEntry(pin:+5621) x=(pin:+5621) x=[object+Object]
  x=[object+Map] x=[object+Promise] x={+pin:+'5621'+} x=<pin>5621</pin> x=<request><pin>5621</pin></request>
  x=<pin+type="string">5621</pin> x=<pin+xsi:type="xsd:string">5621</pin> x=<param+name="pin">5621</param>
  x=<param+name="pin"+value="5621"/> x=<entry+key="pin">5621</entry>
  x=<entry><key>pin</key><value>5621</value></entry>
  x=<dict>%0A%09<key>pin</key>%0A%09<string>5621</string>%0A</dict> x=<string+name="pin">5621</string>
  x=<ns:pin>5621</ns:pin> x=<member><name>pin</name><value><string>5621</string></value></member>
  x=<pin><![CDATA[5621]]></pin> x=pin:+5621 x=pin:+"5621" x=---%0Apin:+'5621'%0A x=-+pin:+5621 x=:pin:+"5621"
  x=pin+=+"5621" x=[reset]%0Apin+=+"5621" x=pin+=+5621 x=pin+5621 x=pin%095621 x=pin;5621 x=pin|5621
  x=pin:5621;lang:de x=lang:de,pin:5621 x=pin->5621 x=pin=>5621 x=(pin+.+5621) x={:pin+"5621"} x=%25{pin:+"5621"}
  x=[pin:+"5621"] x={pin,<<"5621">>} x=[{pin,5621}] x=list(pin+=+"5621") x=pin~5621 x=~(pin~'5621) x=(pin:'5621')
  x="pin","5621" x=pin==5621 x=pin+eq+'5621' x=pin=eq=5621 x={%26quot;pin%26quot;:%26quot;5621%26quot;}
  x={\"pin\":\"5621\"} x={\u0022pin\u0022:\u00225621\u0022} x=[{"name":"pin","value":"5621"}]
  x=[{"key":"pin","value":5621}] x={"key":"pin","value":"5621"} x={name:+pin,+value:+5621} x=HASH(0x55d0c8f2a1b0)
  x=table:+0x55d0c8f2a1b0 x=Content-Disposition:+form-data;+name="pin"%0D%0A%0D%0A5621
  x=PIN%EF%BC%9A%EF%BC%95%EF%BC%96%EF%BC%92%EF%BC%91 x=Pin+:+5621 x=pin:+%D9%A5%D9%A6%D9%A2%D9%A1
  x=p%E2%80%8Bin:+5621 x=p%C3%ADn=5621 x=recovery+pin:+5621 x=recovery_pin,+5621 x=user.pin,+5621 x=pinCode,+5621
  x=PINKODE=5621 x=codepin=5621 x=clave_pin:+5621 x=pin:+[5,+6,+2,+1] x=pin,5,6,2,1 x=map[pin:[5+6+2+1]]
  x=pin:+String("5621") x=Pin(5621) x={"request":{"recoveryPin":{"value":"5621"}}} x=pin%0A5621 x=.pin.5621
  x={"pin":{"S":"5621"}} x={pin={S=5621}} x={pin={S:+5621}} codepin=5621 kodpin=5621 pinsifra=5621 pinwert=5621
  pineingabe=5621 pinabfrage=1 pinkód=5621 PINreset=5621 pinhash=x numeropin=5621 nip_pin=5621 pin-koodi=5621
  userpincodevalue=5621 loginpinnumber=5621 resetpintext=5621 my_pin_1=5 pinEntered=5621 pinentered=5621
  pinpad=5621 inputpin=5621 PIN码=5621 pin番号=5621 mã_pin=5621 код-pin=5621 pinCodeInput[0]=5 request.pin=5621
  request[user][pin]=5621 __pin=5621 pin__=5621 ＰＩＮ=5621 %u0070in=5621 pin:5621 {pin:5621} pin;5621 pin/5621
  5621.00 5621n '5621' [5621] {5621} null=5621 false=5621 undefined[]=5621 [0]=5621 5;6;2;1 a=1&5621 a=b&=5621
  a=b%265621 a=b?5621 a=b?=5621 a=b?null=5621 5621=true name=pin&value=5621 key=recoveryPin&value=5621
  k=pin&v=5621 n=PIN&v=5621 p=5621&name=pin 0[field]=pin&0[content]=5621 parameter=userPin&x=5621 label=pin&text=5621 paramKey=pin&y=5621 param=pin&z=5621
  type=pin&CODE=5621 type=pin&code=5621 method=pin&otp=5621 first=pin&second=5621 names=pin&values=5621 keys[]=pin&x[]=5621
  k[]=pin&k[]=5621 field=PIN&data=5621 utm_source=mail?pin=5621 utm_source=mail%26pin=5621 utm_source=mail?5621

  data=Reset%0A([pin:Reset:private]+=>+5621%0A) data=%26main.Reset{Pin:(*string)(0xc000012345)} data=pin:+!!str+5621
  x={%26%2334;pin%26%2334;:%26%2334;5621%26%2334;} x={%26%23x22;pin%26%23x22;:5621} x=%26lt;pin%26gt;5621%26lt;/pin%26gt;
  x={'pin':+'562'} x={"pinCode":"562"} x=Reset(pinOfUser=abc) =['5',+'6',+'2',+'1'] 5|6|2|1 $filter=pin+eq+5621 x=(first=pin,+second=5621)
  x={"name":"pin","type":"string","value":"5621"} x=Array x={0x2b1169b82060} x=<ns2:pin+xmlns:ns2="urn:reset">5621
  x={"pinwert"=>"abc"} x='pinwert'+=>+'abc' x=[pinwert]+=>+abc x={"pin.code":"562"} x=pins.entered+=>+5621 x=pinOfUser=562 x={"pin":562} x={\"pin\":\"562\"} x={"pin"+:+"562"}
  x={"pin_code":"562"} x={"pin2":"562"} x=pin:+App.Secret("5621") x=a.b.c@3fd5e1c
  x=pin:+Mutex+{+data:+5621+} x=pin[]=5 x=Reset(pinOfUser=5621) x={"pinOfUser":"5621"} x=pin++++++++++++++++5621 %F0%9D%9F%93%F0%9D%9F%94%F0%9D%9F%90%F0%9D%9F%8F x=app://reset?name=pin%26value=5621
  data=o.aB@3fd5e1c data=List((pin,5621)) data=--x%0D%0Aname="pin"%0D%0A%0D%0A5621%0D%0A
  data=pin%E2%86%925621 data=[{"id":"pin","val":"5621"}] userpinkodu=5621 my_utm_pin=5621 a[0][0]=pin&a[0][1]=5621

  pinkoden=5621 PINKODEN=5621 user[pinkoden]=5621 x={"pinkoden":"5621"} x=pinkoden=5621 pinkoder=1 pinkodas=1
  pinkodja=1 pinkodunuz=1 piningresado=1 piningreso=1 pinarray=1 pinargument=1 pinother=1 pinoutput=1 pinheader=1
  pinkeyboard=1 pingiven=1 pinginput=1 pincertificate=1 recoverypinstring=1 recoverypinparam=1
  recoverypinconfirm=1 userpinvalid=1 userpinkoden=1 codepinsaisi=1 Optional("5621") undefined=Optional("5621")
  b'5621' 0=Optional("5621") Some("5621") Optional.of(5621) OptionalInt[5621] Decimal('5621') 5,621 5.621 5+621
  x={Pin:{String:5621+Valid:true}} filter={"key":"pin","value":{"stringValue":"5621"}} left=pin&right=5621
  _1=pin&_2=5621 {"name":"pin","operator":"eq","value":"5621"} x={"name":"pin","operator":"eq","value":"5621"}
  x={+pin:+[Getter:+5621]+} x=pin:+5,621 lang=de?Optional("5621") name=pin&value=Optional("5621")
  x=System.Security.SecureString x={"key":"pin","value":{"intValue":5621}}
  x={"attributes":[{"key":"pin","value":{"string_value":"5621"}}]} x=OptionalInt[5621] x=com.example.Pin@1b2c3d4
  x=Main$1@6d06d69c x=Task+System.Threading.Tasks.Task%601[System.String] x=<Reset:+0x600003> name=pin&value=5,621
  params[0][key]=pin&params[0][x]=5621 username=pin&uservalue=5621 request[params][0][name]=pin&y=5621
  theuserpin=5621

  q=pin[0]=5621 q=reset[pin][0]=5621 {"PIN番号":"5621"} x={"PIN码":5621} x=PIN번호=5621 x={"pinКод":"562"}
  x={"pinGröße":5621} x=Reset(PIN码=562) x=DeferredCoroutine{Active}@3f2a1bc
  x=androidx.appcompat.widget.AppCompatEditText{3f2a1bc+VFED..CL.+.F......+0,0-10,10+app:id/pinInput}
  x=MyApp.Result%601[System.String] x=<>f__AnonymousType0%602[System.String,System.Int32]
  x=_pin:+SwiftUI.State<Swift.String>(_value:+"5621",+_location:+nil)
  x=_pin:+Published<String>(storage:+value("5621"))
  x={pin:+TextEditingController%23a1b2c(TextEditingValue(text:+┤5621├))} x={pin:+AsyncData<String>(value:+5621)}
  x={pin:+ValueNotifier<String>%231a2b3(5621)} fieldName=pin&content=5621 input_name=pin&content=5621
  fieldName=pin&fieldValue=5621 filter[0][id]=pin&filter[0][value]=5621 p.0=pin&p.1=5621 key1=pin&value1=5621
  Attribute.1.Name=pin&Attribute.1.Value=5621 columns[0][data]=pin&columns[0][search]=5621
  user[field]=pin&user[value]=5621 KTOPINEntered=5621 p[10]=pin&p[11]=5621 p=pin&p[1]=5621
`;

/** Queries with `pin` that are no single PIN of four ASCII digits. */
export const malformedPins = list`
  pin pin= pin=&utm_source=mail pin=5621&pin= pin=5621&pin=5621 pin=5621&pin=1000 pin=5621&pin=5621&pin=5621
  pin=5621&PIN=5621 pin=5621&pin[]=5621 pin==5621 pin=5621&recoveryPin=5621 pin=5621&lang=de?pin=5621 pin=562
  pin=56210 pin=05621 pin=0 pin=%2B5621 pin=+5621 pin=+562 pin=-562 pin=5621+ pin=5621%0A pin=5621%0D%0A
  pin=%095621 pin=5621%00 pin=%005621 pin=56%0021 pin=5.62 pin=562. pin=5,21 pin=1e10 pin=0x1f pin=5_21
  pin=5621,5621 pin=5621; pin=5621? pin=[5621] pin="5621" pin=5621'-- pin=%7B%22%24gt%22%3A%22%22%7D pin=null
  pin=undefined pin=NaN pin=true pin=abcd pin=%D9%A5%D9%A6%D9%A2%D9%A1 pin=%DB%B5%DB%B6%DB%B2%DB%B1
  pin=%E0%A5%AB%E0%A5%AC%E0%A5%A8%E0%A5%A7 pin=%EF%BC%95%EF%BC%96%EF%BC%92%EF%BC%91
  pin=%F0%9D%9F%93%F0%9D%9F%94%F0%9D%9F%90%F0%9D%9F%8F pin=%E2%81%B5%E2%81%B6%C2%B2%C2%B9
  pin=%E2%91%A4%E2%91%A5%E2%91%A1%E2%91%A0 pin=562l pin=562O pin=5621%E2%80%8B pin=5621%CC%81 pin=%E2%80%AE1265
  pin=%2535621 pin=%25355621 pin=%u0035621 pin=%5621 pin=%ff%fe%fd%fc pin=%C0%B5621 pin=NTYyMQ== pin=&#53;621
`;

/** Queries that mean no PIN. */
export const otherQueries = list`
  =x [=x 562 1.0/0.0 12:30 =10,20 =5,6,2 =5,6,2,1,0 ids=5,6,2,1 56210 1712345678901 v5621 =562 =56210 =a5621
  _=1712345678901 id=5621 undefinedx=5621 APIName=5 restAPINo=5621 KPINumber=5621 xnull=5621 0=5&1=6&2=2
  []=5&[]=6&[]=2&[]=1&[]=0 a=5&b=6&c=2&d=1 0=56&1=21&2=1&3=1 object=Object object[id]=5621 [object]
  title=the+object+[of]+desire lang=pin lang=pin+of+the+week lang=de?pin lang=the+pin:+a+pin lang=Pin:
  lang=pin/5621 lang=de?shipping=5621 lang=a=spin=1 lang=de?spin= lang=de?topSpin= lang=de?topSpins=
  lang=xxpin-3xyz= lang=de?spins=%26a=1 lang=https://example.com/pin/5621?ping=1 lang=de?56210 lang=de?562
  lang=de?5621x lang=1000,2000 lang=5621 lang=2021-12-24 lang=12:30:56 lang={"ping":"5621"} lang={"pin":null}
  lang=x"pin:abc lang={"hasPin":+true} lang={"APIName":"5"} lang=shipping:5621 lang=aPinQ== lang=xxPINx8=
  lang=QUJD= lang=aPin3xyz=%26b=1 lang== lang=== lang=: lang=?= utm_source=pin
  utm_source=mail&utm_campaign=pin+of+the+week&uber-trace-id=6a1f:5621:0:1
  utm_source=https%3A%2F%2Fexample.com%2Fshipping%3Fopinion%3D5621%26spin%3D1 shipping=5621 ping=5621
  pinterest=5621 pinned=5621 spin=5621 opinion=5621 p=5621 year=2021 ids=1000,2000 time=12:30 = p%ff=5621&x=caf%e9

  utm_source=x utm_campaign=pinterest utm_campaign=pin+5621 utm_id=2024 ping=1 spin=2 lang=de x=1234
  version=2021-2 date=2026-11-28 gclid=EAIaIQobChMI0Pin5621 state=aGVsbG8gcGlu.NTYyMQ typing=true _=1732830000000
  trace=4bf92f3577b34da6a3ce929d0e0e4736 v=5.6.2 ll=52.5,13.4 id=pin
  ref=https%3A%2F%2Fpictures.example%2Fpin%2F5621%2F q=the+pin+of+the+week+12%3A30

  x=pinterest x=shipping x=opinion x=5621 x=2026 x=2026-11-28 x=28.11.2026 x=11/28/2026 x=12:30 x=20261128
  x=2021-2 x=1.2.3.4 x=v5.6.2.1 x=5.6.2.1 x=52.5200,13.4050 x=52.52,13.40,1000
  x=https://www.pinterest.com/pin/5621/ x=https://example.com/pin/5621?ref=mail
  x=https://pinterest.de/pin/123456789/ x=com.example.app x=com.pinterest.android x=alice@example.com
  x=bob@cafe.de x=Bob@dead.beef.example x=Mozilla/5.0+(Linux;+Android+14;+Pixel+8) x=iPhone16,2 x=en-US,en;q=0.9
  x=de_DE x=Optional("iPhone") x=Optional(1000) x=the+pin+of+the+week x=pin+it x=my+favourite+pin x=pinned:+1000
  x=pinned+2024 x=pinch+2024 x=Pinot+Noir+2019 x=pinot:+2019 x=pineapple,+1000 x=spin+1000 x=spin:+1000
  x=shipping:+1000 x=shipping=1000 x=ping=1000 x=ping:+1000 x=typing=1 x=opinion=5621 x={"shipping":"5621"}
  x={"spin":5621} x={"pinned":true,"build":1000} x={"opinion":"1000"} x={"build":1000} x={"pin":null}
  x={"hasPin":false} x=[1000,2000] x=a,b,c x=key:value x=build:1000 x=Pinneberg+2024 x=pinewood+2024
  x=Pinocchio+1940 x=Philippines+2024 x=Topspin+2000 x=Hairpin+1000 x=kingpin:+2000 x=Alpine+1000 x=Alpina,+2024
  x=mapping:+5621 x=shopping,5621 x=camping+2024 x=Turing+1936 x=0x1f2e3d x=%23ff00ff x=0xff00ff
  x=sha256:9f86d081884c7d659a2feaa0c55ad015 x=react@18 x=react@19.1.0 x=frontend@a1b2c3d x=2024? x=is+it+2024?
  x=R%26D+2024 x=a+%26+b x=what?+2024 x=https://example.com/?year=2024 x=https://example.com/?id=5621%26x=1
  x=https://example.com/?shipping=5621 x=https://example.com/?q=pinterest x=https://example.com/%235621
  x=https://example.com/2024/11/28 x=https://example.com:8080/ x=http://localhost:3000/ x=app://reset?user=1000
  x=eyJhbGciOiJIUzI1NiJ9.eyJwaW4iOiJ4In0.5621abcd x=aGVsbG8gcGlu== x=Zm9vPin5621== x=UElOIDU2MjE=
  x=4bf92f3577b34da6a3ce929d0e0e4736 x=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
  x=6ba7b810-9dad-11d1-80b4-00c04fd430c8 x=1732830000000 x=1.0/0.0 x=Array.from x=ArrayList x=System+update
  x=the+[object]+of+desire x=instance+of+something x=at+0+o+clock x=<b>bold</b> x=<br> x=Rs.+1000
  x=%E2%82%AC+1.000,00 x=%2B49+30+1234 x=10115 x=1000m x=10:20:30 x=2026-11-28T12:30:00Z
  x=2026-11-28T12:30:00.5621Z x=W/"5621" x="5621" x=[5621] x=5,6,2,1 x=5+6+2+1 x=null x=undefined x=true x=NaN x=
  x=pi+3141 x=pi=3141 x=in+1000 x=apin-x x=pinyin+2024 x=pinata x=pingback x=pinball=1000 x=spinner x=Pinar+1990
  x=Chopin+1849 x=Lapin+2024 x=Crispin+1988 x=appinfo x=signupinfo x=unpin x=pinup+1950 x=pin x=pins x=PIN
  x=lapel-pin x=map_pin.png x=the+PIN+was+mailed+on+28.11.2026 x=pin+of+2024 x=my+pin+was+56+21 appinstance=5621
  appinfo=1000 appinstallid=1 shopinfo=1 ipinfo=1.2.3.4 signupinvite=1 popin=1 spinner=1 spinCount=1 SPIN_COUNT=5
  pingTime=1000 PING=1 pinnedPost=5621 pinterest_id=5621 pinboard=1 pinchZoom=1 pinch=2 pinot=2019 pineapple=1
  pink=1 pinky=1 pint=1 pinball=1 pinpoint=1000 pinyin=1 pinup=1 dropin=1 dropIn=1 unpin=1 hairpin=1 kingpin=1
  chopin=1 opinion=1 opinionId=5621 typing=1 typingSpeed=1000 shippingCode=5621 shipping_code=5621
  shippingNumber=5621 mapping=1 groupingNumber=1 APIName=x APINumber=1 KPINumber=5 restAPIName=5 apiNumber=1000
  IPInfo=1 IPInterface=1 HTTPInput=1 topInfo=1 appIndex=1000 stopIn=1000 philippines=1 utm_source=pinterest
  utm_campaign=pin utm_content=pin:5621 utm_content=pin,5621 utm_term=pin+code+5621 utm_id=5621 utm_pin=1
  utm_source=pin&build=1000 utm_source=[object+Object] fbclid=IwAR0pin5621 _ga=2.1234.5678 msclkid=pin5621
  build=5621 v=5621 ts=1000 year=2024 lat=52.5&lng=13.4 w=1000&h=2000 id=5&n=6 1732830000000 2026-11-28 20261128
  abc a1000 v1000 1.0.0 1.2.3 x[1000]=1 item[5621]=x items[0]=5621 user[id]=5621 filter[year]=2024 t=1000
  nonce=5621 code=5621 otp=5621 zip=1010 order=1000 range=1000-2000 a=1&b && lang=de&country=AT&version=2021-2
  redirect=https://app.example/shipping?id=5621 state=xyz.pin.abc state=aPinQ5621 etag=W/"5621"

  x=pin+2024-11-28 x=pin:+12:30 x=pin+1000.50 x=pin,+5621abcd title=my+pin&value=1000 title=pin+of+the+week&value=1000
  x=pin+28+2024 x=pin+is+2024 q=the+object+Alpha q=the+[object+of]+desire x=Bob@decade.example x=Bob@decades
  x=the+System.+Update x=Instance+of+luck x=ByteArray
  q=0x52908400098527886e0f7030069857d2e4169ee7 q=to+0x52908400098527886e0f7030069857d2e4169ee7
  value=1000 data=5621 id=pin&dataset=1000 id=pin&interval=1000 id=pin&build=1000 screen=pin&version=5621
  source=pin&v=1000 link=pin&build=1000 keyboard=pin&build=1000 screen=pin&zipcode=1010 screen=pin&seconds=1000 screen=pin&encoded=1000 nickel=pin&build=1000 x={"screen":"pin","build":1000}
  data=12345678@campus.example data=pkg@1a2b3c4 data=pin/5621 data=pin:+abc data=(52.5,13.4) d[0]=5&d[1]=6&d[2]=2&d[3]=1
  utm_content={"pin":5621} tx=0x52908400098527886E0F7030069857D2E4169EE7 1=a&2=b&3=c&4=d truex=5621 data=ReactNative@0.74.1

  release=com.example.app@20240115 release=MyApp@12345 release=web.frontend@3f2a1bc release=Shop.iOS@45210
  handle=Max@12345 x=com.example.App@20240115 x=Shop.iOS@3f2a1bc screen_name=PinEntry&build=1000
  screenName=pin&build=1000 page_name=pin&year=2025 event_label=pin&version=1204 screen=pin&metadata=1234
  lastScreen=pin&timeValue=1500 screen=pin&event_value=1000 channel=System.Settings channel=System.Notification
  ftid=0x89c24fa5d33f083b:0xc80b8f06e177fe62 color=Color(0xff112233) title=Top+(10)&x=1000 x="(1000)" x=f(1000)
  x={screen:pin+build:1000} x={Screen:pin+Build:1000} nickname=pin&build=1000 displayName=PIN&version=1204
  pingtimeout=1000 pinginterval=30 pinkmode=1 pinotgrigio=2019 pinarlaan=12 userping=1000 mypinboard=1
  newpinterest=1 cardpinned=1 accesspoint=1 resetspinner=1 x=userpinned:+1000 v=5.621 x=1.234 v=1,234 price=1,234
  item[1000]=x x[1000] =abc(1000x) q=(2024) handle=Max@facade8x x=Bob@decades zip=1010 x=Settings.System
  a=Array.map x=[1000] x={"screen":"pin","v":1000} x={"screen":"pin","build":{"number":1000}}
  address=Pinkafeld+7423 x=Pingvin+2024 x=Pinkerton+1850

  prop1=pin&prop2=1000 eVar1=pin&eVar12=1234 cd1=pin&cd5=1000 dimension1=pin&dimension2=1000
  af_sub1=pin&af_sub3=1234 flow_name=pin&build=1000 stepName=PinEntry&build=1000
  fragment_name=PinFragment&build=1000 feature_key=pin&build=1000 cacheKey=pin&build=1000
  context[page][name]=pin&context[app][build]=1000 ep.screen_name=pin&epn.build=1000 surname=Gilpin&build=1000
  last_name=Papin&build=1000 firstname=Pintu&build=1000 city_name=Pinsk&build=1000 screen=pin&cart_value=1000
  screen=pin&sensor_data=1000 af_channel=pin&af_cost_value=1000 event=pin&event_value=1000 screen=pin&screenValue=1000
  x={"SPIN番号":"5621"} x=暗証番号=5621
`;
