//! Placeholder text for `lipsum()`.

use rand::RngExt;

const WORDS: &[&str] = &[
    "ad",
    "adipiscing",
    "aenean",
    "aliquam",
    "amet",
    "ante",
    "arcu",
    "auctor",
    "bibendum",
    "consectetur",
    "cras",
    "cursus",
    "dapibus",
    "diam",
    "dignissim",
    "dolor",
    "donec",
    "egestas",
    "eget",
    "elit",
    "enim",
    "erat",
    "eros",
    "est",
    "etiam",
    "eu",
    "facilisis",
    "felis",
    "fermentum",
    "feugiat",
    "fusce",
    "gravida",
    "iaculis",
    "id",
    "in",
    "ipsum",
    "justo",
    "lacinia",
    "lacus",
    "lectus",
    "leo",
    "libero",
    "lorem",
    "magna",
    "massa",
    "mauris",
    "metus",
    "mi",
    "morbi",
    "nam",
    "nec",
    "nisi",
    "non",
    "nulla",
    "nunc",
    "odio",
    "orci",
    "ornare",
    "pede",
    "porta",
    "proin",
    "purus",
    "quam",
    "quis",
    "risus",
    "rutrum",
    "sagittis",
    "sapien",
    "sed",
    "sem",
    "sit",
    "sociis",
    "tellus",
    "tempor",
    "tincidunt",
    "tortor",
    "turpis",
    "ultrices",
    "urna",
    "ut",
    "varius",
    "velit",
    "vitae",
];

/// So many paragraphs of `min` to `max` words.
pub(crate) fn paragraphs(count: i128, html: bool, min: i128, max: i128) -> String {
    let mut random = rand::rng();
    let paragraphs = (0..count.clamp(0, 1000)).map(|_| {
        let (min, max) = (min.clamp(1, 10_000), max.clamp(2, 10_001));
        let words = random.random_range(min..max.max(min + 1));
        let chosen: Vec<&str> = (0..words).map(|_| WORDS[random.random_range(0..WORDS.len())]).collect();
        let text = sentence(&chosen);
        if html { format!("<p>{text}</p>") } else { text }
    });
    paragraphs.collect::<Vec<_>>().join(if html { "\n" } else { "\n\n" })
}

/// Words with capitals, commas and stops.
fn sentence(words: &[&str]) -> String {
    let mut text = String::new();
    let mut begin = true;
    for (index, word) in words.iter().enumerate() {
        let mut letters = word.chars();
        match letters.next().filter(|_| begin) {
            Some(first) => text.extend(first.to_uppercase().chain(letters)),
            None => text.push_str(word),
        }
        begin = index % 9 == 8;
        text.push_str(match index + 1 == words.len() {
            true => ".",
            false if begin => ". ",
            false if index % 5 == 4 => ", ",
            false => " ",
        });
    }
    text
}
