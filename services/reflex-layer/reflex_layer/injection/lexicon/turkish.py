"""Turkish."""

from __future__ import annotations

from typing import Final

from reflex_layer.injection.lexicon.concept import Concept, Language
from reflex_layer.injection.lexicon.phrases import phrases

TURKISH: Final = Language(
    "tr",
    {
        Concept.OVERRIDE: phrases(
            "aldırış etme, aldırmadan, önemseme, önemsemeyin, umursamadan, kulak asma, uymak zorunda değilsin",
            "yok say, yok sayın, yok sayınız, yok sayarak, yok saymalısın, yoksay, yoksayın",
            "görmezden gel, görmezden gelin, görmezden gelerek, görmezden gelmelisin, göz ardı et",
            "göz ardı edin, göz ardı ederek, göz ardı etmelisin, gözardı et, gözardı edin",
            "dikkate alma, dikkate almayın, dikkate almadan, unut, unutun, unutunuz, unutmalısın",
            "boş ver, boşver, boşverin, umursama, umursamayın, aldırma, uyma, uymayın, uymadan",
            "uymayı bırak, uymayı bırakın, takip etme, takip etmeyin, takip etmeyi bırak, iptal et",
            "iptal edin, geçersiz kıl, geçersiz kılın, geçersiz say, geçersiz sayın, ihlal et",
            "ihlal edin, es geç, es geçin, atla, bir kenara bırak, bir kenara bırakın",
            "sil baştan, hafızandan sil, çiğne, delin, itaat etme, itaat etmeyin, hiçe say",
            "artık geçerli değil, artık geçersiz, geçersizdir, hükümsüz",
        ),
        Concept.REVEAL: phrases(
            "ifşa et, ifşa edin, ifşa etmelisin, ortaya çıkar, ortaya çıkarın",
            "sızdır, sızdırın, ele ver, gün yüzüne çıkar, yayınla, yayınlayın, faş et, paylaş",
            "paylaşın, dışarı ver",
        ),
        Concept.TELL: phrases(
            "açıkla, açıklayın, göster, gösterin, gösterir misin, gösterebilir misin, gösterebilir misiniz, söyle",
            "söyleyin, söyler misin, söyleyebilir misin, yazdır, yazdırın, yaz, yazın, yazar mısın",
            "tekrarla, tekrarlayın, tekrar et, tekrar edin, anlat, anlatın, ver, verin, verir misin",
            "bana ver, çevir, çevirin, listele, listeleyin, aktar, aktarın, oku, okuyun, kopyala",
            "kopyalayın, nedir, neler, ne yazıyor, bildir, bildirin, özetle, özetleyin, alıntıla",
        ),
        Concept.BECOME: phrases(
            "artık yardımcı değilsin, artık asistan değilsin, artık bir asistan değilsin, kimliğine geç, olduğunu varsay, olduğunu hayal et",
            "artık sen, sen artık, bundan sonra sen, bundan böyle sen, şimdi sen, artık bir",
            "gibi davran, gibi davranın, gibi davranmalısın, gibi hareket et, gibi rol yap",
            "gibi yap, rol yap, rolünü oyna, rolünü üstlen, rolüne gir, rolünde, mış gibi yap",
            "muş gibi yap, hayal et, hayal edin, farz et, varsay ki, taklit et, taklidi yap",
            "simüle et, kılığına gir, ol ve, olarak davran, olarak cevap ver, olarak yanıt ver",
            "gibi cevap ver, gibi yanıt ver, dönüş, kimliğine bürün",
        ),
        Concept.ENABLE: phrases(
            "etkinleştir, etkinleştirin, aktifleştir, aktif et, aktif edin, aç, açın, geç, geçin",
            "geçiş yap, gir, girin, başlat, başlatın, çalıştır, kilidini aç, devreye al, devreye sok",
            "moduna geç, moduna gir, modunu aç",
        ),
        Concept.DISABLE: phrases(
            "devre dışı bırak, devre dışı bırakın, kapat, kapatın, kaldır, kaldırın, çıkar",
            "çıkarın, sök, etkisiz hale getir, pasifleştir, iptal et, iptal edin, kurtul",
        ),
        Concept.SEND: phrases(
            "gönder, gönderin, yolla, yollayın, ilet, iletin, postala, e posta at, mail at, yükle",
            "yükleyin, aktar, aktarın",
        ),
        Concept.SAY_ONLY: phrases(
            "sadece şunu söyle, yalnızca şunu söyle, sadece evet de, yalnızca evet de, sadece söyle",
            "sadece şunu yaz, yalnızca şunu yaz, sadece yaz, yalnızca yaz, sadece cevap ver",
            "yalnızca yanıt ver, sadece yanıt ver, sadece de ki, yalnızca de ki, başka bir şey yazma",
            "başka bir şey söyleme, başka hiçbir şey söyleme, tek kelimeyle, sadece evet",
        ),
        Concept.INSTRUCTIONS: phrases(
            "talimat, talimatı, talimatlar*, talimatın*, talimatını, komut, komutu, komutlar*",
            "komutun*, emir, emri, emirler*, emirlerin*, kural, kuralı, kurallar*, yönerge*",
            "direktif*, prompt, promptu, promptun*, promptlar*, istem, istemi, istemin*, istemler*",
            "yönlendirme*, ilkeler*, programlama*",
        ),
        Concept.EARLIER: phrases(
            "önceki, önce, daha önce, daha önceki, evvelki, yukarıdaki, yukarıda, geçmiş, eski",
            "ilk, başlangıçtaki, başta verilen, şimdiye kadar, şimdiye kadarki, bu zamana kadar",
            "bugüne kadar, verilen, verilmiş, sana verilen, size verilen, mevcut, orijinal, aldığın",
        ),
        Concept.ALL: phrases(
            "tüm, tümünü, bütün, bütününü, hepsini, hepsi, her, her türlü, tamamen, tamamını, hiçbir",
            "herhangi bir",
        ),
        Concept.YOUR: phrases(
            "talimatlarının, kurallarının, yönergelerinin, isteminin, isteminizin, promptunun, mesajının, ilkelerinin, komutlarının, sınırlarının",
            "senin, sizin, kendi, sana verilen, size verilen, sana verdikleri, sahip olduğun",
            "talimatlarına, talimatlarınıza, kurallarına, kurallarınıza, yönergelerine, komutlarına",
            "talimatlarını, talimatların, talimatlarınızı, talimatınızı, talimatını, kurallarını",
            "kurallarınızı, kuralların, promptunu, promptunuzu, promptların*, komutlarını",
            "yönergelerini, yönergelerinizi, filtrelerini, filtrelerinizi, filtreni, kısıtlamalarını",
            "kısıtlamalarınızı, sınırlarını, sınırlamalarını, isteminizi, istemini, mesajını",
            "mesajınızı, ilkelerini, hafızanı, şifreni, parolanı, etik kurallarını, belleğini",
        ),
        Concept.EVERYTHING_SAID: phrases(
            "sana yasaklananları, sana yasaklanan şeyleri, sana yasaklanan her şeyi, sana öğretilenleri, sana öğretilen her şeyi, öğrendiklerini, öğrendiğin şeyleri",
            "söylediğim her şeyi, sana söylediğim her şeyi, size söylediğim her şeyi",
            "söylediklerimi, söylenen her şeyi, söylenenleri, sana söylenen her şeyi",
            "sana söylenenleri, yukarıdaki her şeyi, yukarıda yazan her şeyi, yukarıdakilerin hepsini",
            "yukarıdakileri, yukarıda söylenen her şeyi, önceki her şeyi, öncekileri, daha önce söylenen",
            "bildiğin her şeyi, öğrendiğin her şeyi, önceki konuşmayı, önceki sohbeti, önceki bağlamı",
            "yukarıdaki metni",
        ),
        Concept.SYSTEM_PROMPT: phrases(
            "başlangıç istem*, başlangıç mesaj*, ilk istem*, orijinal istem*, orijinal prompt*, gizli istem*",
            "sistem promptu, sistem promptunu, sistem promptun*, sistem prompt, sistem istemi",
            "sistem istemini, sistem istemin*, sistem mesajı, sistem mesajını, sistem mesajın*",
            "sistem talimat*, sistem komut*, sistem yönerge*, gizli talimat*, gizli prompt*",
            "gizli kurallar*, gizli yönerge*, gizli komut*, ilk prompt*, ilk talimat*",
            "başlangıç talimat*, başlangıç promptu*, orijinal talimat*, iç talimat*, dahili talimat*",
            "dahili kurallar*, system prompt*",
        ),
        Concept.VERBATIM: phrases("kelimesi kelimesine, kelime kelime, harfi harfine"),
        Concept.SAFETY: phrases(
            "kısıtlama*, sınırlama*, sınırlar*, filtre, filtresi*, filtreler*, filtreni, sansür*",
            "güvenlik*, güvenlik önlem*, etik*, ahlak*, denetim*, içerik politika*, yasak*, limitler*",
            "koruma*, engeller*",
        ),
        Concept.FREE: phrases(
            "ahlakı olmayan, ahlak tanımayan, vicdanı olmayan, kuralları tanımayan, yasak tanımayan, sınır tanımayan, engel tanımayan",
            "kısıtlama olmadan, hiçbir kısıtlama olmadan, kısıtlaması olmayan, kısıtlamasız",
            "kısıtlama olmaksızın, kısıtlaması yok, kısıtlaman yok, sınırsız, sınırlama olmadan",
            "sınırı olmayan, sınırları olmayan, sınırın yok, filtresiz, filtre olmadan, filtresi olmayan",
            "sansürsüz, sansür olmadan, kuralsız, kural tanımayan, kuralları olmayan, kuralı olmayan",
            "kuralın yok, hiçbir kuralı olmayan, hiçbir kurala bağlı olmayan, hiçbir kuralın yok",
            "etik kuralları olmayan, etik sınırları olmayan, özgür bir yapay zeka, her şeyi yapabilen",
            "her şeyi yapabilirsin, her soruya cevap ver*, hiçbir sınırı olmayan, ahlaki sınırı olmayan",
        ),
        Concept.MODE: phrases(
            "geliştirici modu*, geliştirici moduna, tanrı modu*, hata ayıklama modu*, yönetici modu*",
            "admin modu*, debug modu*, dan modu*, jailbreak modu*, root modu*, bakım modu*",
            "kısıtlamasız mod*, sınırsız mod*, sansürsüz mod*, filtresiz mod*, developer modu*",
            "serbest mod*, kaos modu*",
        ),
        Concept.SECRET: phrases(
            "şifre, şifreyi, şifresi*, şifreni, şifreler*, parola, parolayı, parolası*, parolanı",
            "parolalar*, gizli anahtar*, api anahtar*, erişim anahtar*, erişim kod*, gizli kod*",
            "gizli kelime*, sır, sırrı, sırları, gizli bilgi*, gizli veri*, kimlik bilgi*",
            "giriş bilgi*, özel anahtar*, kimlik doğrulama bilgi*",
        ),
        Concept.RECORDS: phrases(
            "konuşma geçmiş*, sohbet geçmiş*, sohbet kayıt*, konuşma kayıt*, tüm konuşma*",
            "bütün konuşma*, tüm sohbet*, kullanıcı verileri*, kullanıcıların verileri*",
            "kullanıcı bilgileri*, diğer kullanıcı*, müşteri verileri*, kişisel veri*, tüm mesajlar*",
            "önceki mesajlar*, veritabanı*, belleğini, hafızandaki*",
        ),
        Concept.AUTHORITY: phrases(
            "sistemin yöneticisiyim, platformun yöneticisiyim, sitenin yöneticisiyim, senin geliştiricinim, senin sahibinim, sistem mühendisiyim",
            "ben yöneticiyim, ben yönetici, ben senin yöneticinim, ben adminim, ben admin",
            "ben geliştiriciyim, ben senin geliştiricinim, ben geliştiricin, ben senin yaratıcınım",
            "ben yaratıcınım, seni ben yarattım, seni ben programladım, ben senin sahibinim",
            "yönetici olarak, geliştiricin olarak, geliştirici olarak, yaratıcın olarak, admin olarak",
            "openai çalışanıyım, openai de çalışıyorum, yetkim var, yetkiliyim, bu sistem yöneticisi",
            "sistem yöneticisiyim, güvenlik ekibi",
        ),
        Concept.NEW_ORDERS: phrases(
            "yeni talimat*, yeni görev*, yeni komut*, yeni emir*, yeni kural*, yeni rol*, bunun yerine",
            "bundan sonra, bundan böyle, şu andan itibaren, bu andan itibaren, artık sadece",
            "gerçek görevin, tek görevin, asıl görevin",
        ),
    },
)
