//! Bytes to text: UTF-8, UTF-16 and GB18030, decided once and applied record by record.
//!
//! UTF-16 is turned into UTF-8 as it streams in, before records are cut. UTF-8 and GB18030 are
//! cut first: in both, CR, LF, tab, comma and the quote are never part of another character.

use std::borrow::Cow;

use encoding_rs::{BIG5, Decoder, GB18030, UTF_16BE, UTF_16LE};
use zeroize::Zeroizing;

use super::FileError;
use super::names;
use super::text::is_cjk;

/// How the bytes of a file become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Only ASCII seen so far: the first other line decides between UTF-8 and GB18030.
    Ascii,
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// GB18030, and with it GBK and GB2312.
    Gb18030,
    /// Big5, of Taiwan and Hong Kong.
    Big5,
}

impl Encoding {
    /// The name shown to the operator and taken by `--encoding`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Gb18030 => "gb18030",
            Self::Big5 => "big5",
        }
    }

    /// Reads `--encoding`.
    pub fn parse(word: &str) -> Result<Self, FileError> {
        match word.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
            "ascii" | "utf8" | "utf8sig" => Ok(Self::Utf8),
            "utf16" | "utf16le" => Ok(Self::Utf16Le),
            "utf16be" => Ok(Self::Utf16Be),
            "gb18030" | "gbk" | "gb2312" | "cp936" => Ok(Self::Gb18030),
            "big5" | "big5hkscs" | "cp950" => Ok(Self::Big5),
            _ => Err(FileError::Override(format!(
                "no such encoding: {word} (utf-8, utf-16le, utf-16be, gb18030, big5)"
            ))),
        }
    }

    /// Decides from the first bytes of a file.
    #[must_use]
    pub fn sniff(window: &[u8]) -> Self {
        match window {
            [0xEF, 0xBB, 0xBF, ..] => Self::Utf8,
            [0xFF, 0xFE, ..] => Self::Utf16Le,
            [0xFE, 0xFF, ..] => Self::Utf16Be,
            _ => utf16_by_zeros(window).unwrap_or_else(|| by_lines(window)),
        }
    }
}

/// UTF-16 without a mark: ASCII in it leaves zeros at the odd or at the even places only.
fn utf16_by_zeros(window: &[u8]) -> Option<Encoding> {
    let (pairs, _) = window.as_chunks::<2>();
    let even = pairs.iter().filter(|pair| pair[0] == 0).count();
    let odd = pairs.iter().filter(|pair| pair[1] == 0).count();
    // Two fifths: codes are ASCII, whatever the other columns hold; a stray NUL is no encoding.
    let enough = (pairs.len() * 2).div_ceil(5);
    match (even, odd) {
        (0, odd) if odd >= enough && odd > 0 => Some(Encoding::Utf16Le),
        (even, 0) if even >= enough && even > 0 => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Which of UTF-8 and GB18030 reads more of the lines that are not ASCII; UTF-8 on a tie.
fn by_lines(window: &[u8]) -> Encoding {
    let mut utf8 = 0_usize;
    let mut gb18030 = 0_usize;
    for line in window
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter(|line| !line.is_ascii())
    {
        match std::str::from_utf8(line) {
            Ok(_) => utf8 += 1,
            // Cut by the end of the window, not wrong.
            Err(error) if error.error_len().is_none() => utf8 += 1,
            Err(_) if read_gb18030(line).is_some() || read_big5(line).is_some() => gb18030 += 1,
            Err(_) => {}
        }
    }
    match (utf8, gb18030) {
        (0, 0) => Encoding::Ascii,
        (utf8, gb18030) if utf8 >= gb18030 => Encoding::Utf8,
        _ if known_names(window, read_big5) > known_names(window, read_gb18030) => Encoding::Big5,
        _ => Encoding::Gb18030,
    }
}

/// How many of a text's words are names of columns: nearly all bytes are text in both encodings,
/// but names that suppliers use only in the right one.
fn known_names(window: &[u8], read: fn(&[u8]) -> Option<Cow<'_, str>>) -> usize {
    let lines = window
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter(|line| !line.is_ascii())
        .take(100);
    let texts = lines.filter_map(read);
    texts
        .map(|text| {
            let words = text.split(|c: char| !c.is_alphanumeric() && !is_cjk(c));
            words
                .filter(|word| !word.is_ascii() && names::role_of(word).is_some())
                .count()
        })
        .sum()
}

/// Whether the text may as well be Big5: a tenth of its characters end as GB2312's never do.
pub(super) fn is_doubtful(window: &[u8]) -> bool {
    let (mut pairs, mut low) = (0_usize, 0_usize);
    let mut bytes = window.iter();
    while let Some(lead) = bytes.next() {
        if *lead < 0x80 {
            continue;
        }
        let Some(trail) = bytes.next() else { break };
        pairs += 1;
        low += usize::from((0x40..=0x7e).contains(trail));
    }
    low * 10 >= pairs && pairs > 0 && known_names(window, read_gb18030) == 0
}

fn read_big5(bytes: &[u8]) -> Option<Cow<'_, str>> {
    BIG5.decode_without_bom_handling_and_without_replacement(bytes)
}

fn read_gb18030(bytes: &[u8]) -> Option<Cow<'_, str>> {
    GB18030.decode_without_bom_handling_and_without_replacement(bytes)
}

/// Turns records into text; remembers what the first line beyond ASCII decided.
pub(super) struct TextReader {
    encoding: Encoding,
}

impl TextReader {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding }
    }

    /// The record as text, or `None` if it is not text in this file's encoding.
    pub(super) fn read<'a>(&mut self, record: &'a [u8]) -> Option<Cow<'a, str>> {
        let utf8 = std::str::from_utf8(record).ok();
        match (self.encoding, utf8) {
            (Encoding::Ascii, Some(text)) => {
                if !text.is_ascii() {
                    self.encoding = Encoding::Utf8;
                }
                Some(Cow::Borrowed(text))
            }
            (Encoding::Ascii, None) => {
                let text = read_gb18030(record)?;
                self.encoding = Encoding::Gb18030;
                Some(text)
            }
            (Encoding::Big5, _) => read_big5(record),
            (Encoding::Gb18030, Some(text)) if text.is_ascii() => Some(Cow::Borrowed(text)),
            (Encoding::Gb18030, _) => read_gb18030(record),
            // The streaming decoder marks what it could not read.
            (Encoding::Utf16Le | Encoding::Utf16Be, Some(text)) if text.contains('\u{fffd}') => {
                None
            }
            (_, text) => text.map(Cow::Borrowed),
        }
    }
}

/// Brings streamed bytes into the form records are cut from: UTF-16 becomes UTF-8.
pub(super) struct Transcoder(Option<Decoder>);

impl Transcoder {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self(match encoding {
            Encoding::Utf16Le => Some(UTF_16LE.new_decoder_with_bom_removal()),
            Encoding::Utf16Be => Some(UTF_16BE.new_decoder_with_bom_removal()),
            Encoding::Ascii | Encoding::Utf8 | Encoding::Gb18030 | Encoding::Big5 => None,
        })
    }

    /// Appends `bytes` to `out`; `last` says that no more will come.
    pub(super) fn push(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        let Some(decoder) = &mut self.0 else {
            out.extend_from_slice(bytes);
            return;
        };
        let worst = decoder
            .max_utf8_buffer_length(bytes.len())
            .unwrap_or(bytes.len() * 3 + 16);
        let mut text = Zeroizing::new(vec![0; worst]);
        // The buffer is the decoder's own worst case, so one call takes everything.
        let (_, _, written, _) = decoder.decode_to_utf8(bytes, &mut text, last);
        out.extend_from_slice(&text[..written]);
    }
}
