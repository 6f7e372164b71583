//! The language of captions: a code of two letters (ISO 639-1), and a region where it matters: `en`, `pt-BR`.
//!
//! Two letters, because X takes no others (`language_code` of `POST /2/media/subtitles`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language {
    named: Named,
    region: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Named {
    code: &'static str,
    name: &'static str,
}

/// The word names no language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no language: write its code of two letters, like `en`, `de` or `pt-BR`")]
pub struct UnknownLanguage {
    pub word: String,
}

impl Language {
    /// Two lowercase letters: `en`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.named.code
    }

    /// In English: `Portuguese`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.named.name
    }

    /// Two capital letters: `BR`.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// What the name of a file says: `clip.en.srt` is English.
    #[must_use]
    pub fn of_file(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next()?;
        let (stem, _extension) = name.rsplit_once('.')?;
        let (_, word) = stem.rsplit_once('.')?;
        word.parse().ok()
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownLanguage { word: word.chars().take(40).collect() };
        let (code, region) = word.split_once('-').map_or((word, None), |(code, region)| (code, Some(region)));
        let code = code.to_ascii_lowercase();
        let at = LANGUAGES.binary_search_by_key(&code.as_str(), |(code, _)| code).map_err(|_| unknown())?;
        let (code, name) = LANGUAGES.get(at).ok_or_else(unknown)?;
        let letters = |region: &str| region.len() == 2 && region.bytes().all(|b| b.is_ascii_alphabetic());
        if region.is_some_and(|region| !letters(region)) {
            return Err(unknown());
        }
        Ok(Self { named: Named { code, name }, region: region.map(str::to_ascii_uppercase) })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        self.region.as_ref().map_or(Ok(()), |region| write!(f, "-{region}"))
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        word.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.to_string()
    }
}

/// ISO 639-1, by code, with the names that the Unicode CLDR gives them in English.
const LANGUAGES: &[(&str, &str)] = &[
    ("aa", "Afar"),
    ("ab", "Abkhazian"),
    ("ae", "Avestan"),
    ("af", "Afrikaans"),
    ("ak", "Akan"),
    ("am", "Amharic"),
    ("an", "Aragonese"),
    ("ar", "Arabic"),
    ("as", "Assamese"),
    ("av", "Avaric"),
    ("ay", "Aymara"),
    ("az", "Azerbaijani"),
    ("ba", "Bashkir"),
    ("be", "Belarusian"),
    ("bg", "Bulgarian"),
    ("bi", "Bislama"),
    ("bm", "Bambara"),
    ("bn", "Bengali"),
    ("bo", "Tibetan"),
    ("br", "Breton"),
    ("bs", "Bosnian"),
    ("ca", "Catalan"),
    ("ce", "Chechen"),
    ("ch", "Chamorro"),
    ("co", "Corsican"),
    ("cr", "Cree"),
    ("cs", "Czech"),
    ("cu", "Church Slavic"),
    ("cv", "Chuvash"),
    ("cy", "Welsh"),
    ("da", "Danish"),
    ("de", "German"),
    ("dv", "Divehi"),
    ("dz", "Dzongkha"),
    ("ee", "Ewe"),
    ("el", "Greek"),
    ("en", "English"),
    ("eo", "Esperanto"),
    ("es", "Spanish"),
    ("et", "Estonian"),
    ("eu", "Basque"),
    ("fa", "Persian"),
    ("ff", "Fulah"),
    ("fi", "Finnish"),
    ("fj", "Fijian"),
    ("fo", "Faroese"),
    ("fr", "French"),
    ("fy", "Western Frisian"),
    ("ga", "Irish"),
    ("gd", "Scottish Gaelic"),
    ("gl", "Galician"),
    ("gn", "Guarani"),
    ("gu", "Gujarati"),
    ("gv", "Manx"),
    ("ha", "Hausa"),
    ("he", "Hebrew"),
    ("hi", "Hindi"),
    ("ho", "Hiri Motu"),
    ("hr", "Croatian"),
    ("ht", "Haitian Creole"),
    ("hu", "Hungarian"),
    ("hy", "Armenian"),
    ("hz", "Herero"),
    ("ia", "Interlingua"),
    ("id", "Indonesian"),
    ("ie", "Interlingue"),
    ("ig", "Igbo"),
    ("ii", "Sichuan Yi"),
    ("ik", "Inupiaq"),
    ("io", "Ido"),
    ("is", "Icelandic"),
    ("it", "Italian"),
    ("iu", "Inuktitut"),
    ("ja", "Japanese"),
    ("jv", "Javanese"),
    ("ka", "Georgian"),
    ("kg", "Kongo"),
    ("ki", "Kikuyu"),
    ("kj", "Kuanyama"),
    ("kk", "Kazakh"),
    ("kl", "Kalaallisut"),
    ("km", "Khmer"),
    ("kn", "Kannada"),
    ("ko", "Korean"),
    ("kr", "Kanuri"),
    ("ks", "Kashmiri"),
    ("ku", "Kurdish"),
    ("kv", "Komi"),
    ("kw", "Cornish"),
    ("ky", "Kyrgyz"),
    ("la", "Latin"),
    ("lb", "Luxembourgish"),
    ("lg", "Ganda"),
    ("li", "Limburgish"),
    ("ln", "Lingala"),
    ("lo", "Lao"),
    ("lt", "Lithuanian"),
    ("lu", "Luba-Katanga"),
    ("lv", "Latvian"),
    ("mg", "Malagasy"),
    ("mh", "Marshallese"),
    ("mi", "Māori"),
    ("mk", "Macedonian"),
    ("ml", "Malayalam"),
    ("mn", "Mongolian"),
    ("mr", "Marathi"),
    ("ms", "Malay"),
    ("mt", "Maltese"),
    ("my", "Burmese"),
    ("na", "Nauru"),
    ("nb", "Norwegian Bokmål"),
    ("nd", "North Ndebele"),
    ("ne", "Nepali"),
    ("ng", "Ndonga"),
    ("nl", "Dutch"),
    ("nn", "Norwegian Nynorsk"),
    ("no", "Norwegian"),
    ("nr", "South Ndebele"),
    ("nv", "Navajo"),
    ("ny", "Chichewa"),
    ("oc", "Occitan"),
    ("oj", "Ojibwa"),
    ("om", "Oromo"),
    ("or", "Odia"),
    ("os", "Ossetian"),
    ("pa", "Punjabi"),
    ("pi", "Pali"),
    ("pl", "Polish"),
    ("ps", "Pashto"),
    ("pt", "Portuguese"),
    ("qu", "Quechua"),
    ("rm", "Romansh"),
    ("rn", "Rundi"),
    ("ro", "Romanian"),
    ("ru", "Russian"),
    ("rw", "Kinyarwanda"),
    ("sa", "Sanskrit"),
    ("sc", "Sardinian"),
    ("sd", "Sindhi"),
    ("se", "Northern Sami"),
    ("sg", "Sango"),
    ("si", "Sinhala"),
    ("sk", "Slovak"),
    ("sl", "Slovenian"),
    ("sm", "Samoan"),
    ("sn", "Shona"),
    ("so", "Somali"),
    ("sq", "Albanian"),
    ("sr", "Serbian"),
    ("ss", "Swati"),
    ("st", "Southern Sotho"),
    ("su", "Sundanese"),
    ("sv", "Swedish"),
    ("sw", "Swahili"),
    ("ta", "Tamil"),
    ("te", "Telugu"),
    ("tg", "Tajik"),
    ("th", "Thai"),
    ("ti", "Tigrinya"),
    ("tk", "Turkmen"),
    ("tl", "Tagalog"),
    ("tn", "Tswana"),
    ("to", "Tongan"),
    ("tr", "Turkish"),
    ("ts", "Tsonga"),
    ("tt", "Tatar"),
    ("tw", "Twi"),
    ("ty", "Tahitian"),
    ("ug", "Uyghur"),
    ("uk", "Ukrainian"),
    ("ur", "Urdu"),
    ("uz", "Uzbek"),
    ("ve", "Venda"),
    ("vi", "Vietnamese"),
    ("vo", "Volapük"),
    ("wa", "Walloon"),
    ("wo", "Wolof"),
    ("xh", "Xhosa"),
    ("yi", "Yiddish"),
    ("yo", "Yoruba"),
    ("za", "Zhuang"),
    ("zh", "Chinese"),
    ("zu", "Zulu"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_read_by_their_codes_and_written_in_one_way() {
        for (word, code, region, name) in [
            ("en", "en", None, "English"),
            ("DE", "de", None, "German"),
            ("pt-br", "pt", Some("BR"), "Portuguese"),
            ("zu", "zu", None, "Zulu"),
        ] {
            let language: Language = word.parse().unwrap();
            assert_eq!((language.code(), language.region(), language.name()), (code, region, name));
            let json = serde_json::to_string(&language).unwrap();
            assert_eq!(serde_json::from_str::<Language>(&json).unwrap(), language, "{json}");
        }
        for word in ["", "e", "english", "xx", "en-", "en-USA", "en-1", "en_US", "é"] {
            assert!(word.parse::<Language>().is_err(), "{word}");
        }
    }

    #[test]
    fn the_name_of_a_file_says_its_language_between_two_dots() {
        let of = |path: &str| Language::of_file(path).map(|language| language.to_string());
        assert_eq!(of("media/clip.en.srt").as_deref(), Some("en"));
        assert_eq!(of("clip.v2.pt-BR.vtt").as_deref(), Some("pt-BR"));
        for path in ["clip.srt", "en.srt", "clip.v2.srt", "de.de/clip.srt", "clip.en.sdh.srt", "clip", ""] {
            assert_eq!(of(path), None, "{path}");
        }
    }

    #[test]
    fn codes_are_sorted_so_that_all_are_found() {
        assert!(LANGUAGES.is_sorted_by_key(|(code, _)| code));
        for (code, name) in LANGUAGES {
            assert_eq!(code.parse::<Language>().unwrap().name(), *name);
        }
    }
}
