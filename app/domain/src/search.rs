//! The search for names: the form in which they are compared, however they are written.

use crate::text::{folded, is_variation_selector};

/// Returns the form in which names are searched and sorted. Two ways of writing the same name have the same form:
/// other width or case (`ｶｷﾞ`, `ＡＢＣ`), hiragana for katakana, a compatibility ideograph or a common variant of a
/// character (`髙`), a variation selector, and the signs that systems encode differently or that input methods put for
/// each other (`〜` and `～`, hyphens and dashes, quotation marks).
///
/// The form of a form is the form itself, and so is that of [`folded`] text.
#[must_use]
pub fn search_form(text: &str) -> String {
    let mut form = folded(text);
    // Composing may have waited for a character that is left out, and lower case for composing.
    for _ in 0..4 {
        let plain: String = form.chars().filter(|c| !is_left_out(*c)).map(plain).collect();
        let next = folded(&plain);
        if next == form {
            break;
        }
        form = next;
    }
    form
}

/// Returns whether a search takes no account of the character: it is not seen itself.
fn is_left_out(c: char) -> bool {
    is_variation_selector(c)
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Returns the character that stands for this one in the form in which names are searched.
fn plain(c: char) -> char {
    match c {
        // Hiragana, and its marks of iteration.
        '\u{3041}'..='\u{3096}' | '\u{309d}' | '\u{309e}' => plain(char::from_u32(u32::from(c) + 0x60).unwrap_or(c)),
        // As in 霞ヶ関 and 霞ケ関.
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        // Variants in names that have no decomposition.
        '髙' => '高',
        '\u{fa11}' => '崎',
        '\u{20bb7}' => '吉',
        // Systems disagree which of these a sign of JIS X 0208 is, or input methods offer them for the same key.
        '\u{301c}' | '\u{3030}' | '\u{223c}' | '\u{2053}' => '~',
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' => '-',
        '\u{2225}' => '\u{2016}',
        '\u{b7}' | '\u{2022}' => '・',
        '\u{2018}' | '\u{2019}' | '\u{201b}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201f}' => '"',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ways_of_writing_a_name_have_one_search_form() {
        for (typed, stored) in [
            ("受注～出荷", "受注〜出荷"), // U+FF5E, as Windows types it, and U+301C, as others do
            ("受注~出荷", "受注\u{3030}出荷"),
            ("かぎ束", "カギ束"),
            ("ｶｷﾞ束", "かき\u{3099}束"),
            ("ゔぁいおりん", "ヴァイオリン"),
            ("いすゞ", "イスヾ".replace('ヾ', "ヽ\u{3099}").as_str()),
            ("霞ヶ関", "霞が関".replace('が', "ケ").as_str()),
            ("渚", "\u{fa46}"),
            ("神", "\u{fa19}"),
            ("\u{2f81a}", "冬"),
            ("葛\u{e0100}飾", "葛飾"),
            ("か\u{fe00}\u{3099}", "が"),
            ("❤", "❤\u{fe0f}"),
            ("髙橋", "高橋"),
            ("宮\u{fa11}", "宮崎"),
            ("\u{20bb7}野家", "吉野家"),
            ("ABC", "ａｂｃ"),
            ("2026-11", "２０２６−１１"),
            ("a–b―c", "A-B—C"),
            ("Aya's", "aya’s"),
            ("㈱", "(株)"),
            ("می‌خواهم", "میخواهم"),
        ] {
            assert_eq!(search_form(typed), search_form(stored), "{typed} {stored}");
        }
        for (one, other) in [("ハ", "バ"), ("ー", "-"), ("ア", "ァ"), ("大", "犬"), ("辺", "邊"), ("a b", "ab")]
        {
            assert_ne!(search_form(one), search_form(other), "{one} {other}");
        }
    }

    #[test]
    fn every_character_has_one_search_form_also_when_folded() {
        for c in '\0'..=char::MAX {
            let form = search_form(&c.to_string());
            assert_eq!(search_form(&form), form, "{c:?}");
            assert_eq!(search_form(&folded(&c.to_string())), form, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn form_of_a_form_is_the_form_itself(input in "\\PC{0,60}", kana in "[ぁ-ヿ\u{3099}\u{309a}\u{fe00}\u{e0100}]{0,20}") {
            for text in [input, kana] {
                let form = search_form(&text);
                prop_assert_eq!(search_form(&form), form.clone());
                prop_assert_eq!(search_form(&folded(&text)), form);
            }
        }

        #[test]
        fn part_of_a_name_is_found_in_its_form(before in "[ぁ-んァ-ヶ一-龠a-zA-Z〜 ]{0,10}", part in "[ぁ-んァ-ヶ一-龠ａ-ｚ～ ]{1,10}") {
            let name = before + &part;
            prop_assert!(search_form(&name).contains(&search_form(&part)));
        }
    }
}
