//! The messages of chat rooms. The whole text is escaped: nothing in it is meant as markup, save our own.

use serde_json::{Value, json};

use super::{Content, truncate_measured};

/// Discord's limit, in UTF-16 units (it says "characters"; this is the stricter reading).
const DISCORD_LIMIT: usize = 2000;
/// Discord's flag for "no previews of links".
const DISCORD_SUPPRESS_EMBEDS: u32 = 1 << 2;

/// An incoming webhook of Slack.
///
/// Source: Slack API, "Formatting text for app surfaces": `&`, `<` and `>` are escaped, `mrkdwn` switches markup off, and
/// a mention takes a `<`.
pub(super) fn slack(content: &Content) -> Value {
    let text = content.text().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({ "text": text, "mrkdwn": false, "unfurl_links": false, "unfurl_media": false })
}

/// A webhook of Discord. It mentions nobody.
///
/// Source: Discord API, "Execute Webhook" and "Allowed Mentions Object".
pub(super) fn discord(content: &Content) -> Value {
    let mut marked: Vec<String> = vec!["**".into()];
    marked.extend(content.title.chars().map(without_markdown));
    marked.push("**".into());
    if !content.body.is_empty() {
        marked.push("\n".into());
        marked.extend(content.body.chars().map(without_markdown));
    }
    json!({
        "content": truncate_measured(marked.into_iter(), DISCORD_LIMIT, |piece| piece.encode_utf16().count()),
        "allowed_mentions": { "parse": [] },
        "flags": DISCORD_SUPPRESS_EMBEDS,
    })
}

/// A character that Discord shows as it is. A backslash may stand before any sign; these are the ones that can begin
/// or end bold, code, quotes, lists, headings, spoilers, links, mentions and emoji.
fn without_markdown(c: char) -> String {
    if r"\*_~`|>#-+[]()<:@!".contains(c) { format!("\\{c}") } else { c.into() }
}

/// A workflow of Microsoft Teams: a message with an Adaptive Card.
///
/// The text is in text runs, not in text blocks: a block is read as Markdown, with escapes that not all of the Teams
/// programs know, and a run never is.
///
/// Source: Adaptive Cards schema 1.4, `RichTextBlock`: "does not support Markdown".
pub(super) fn teams(content: &Content) -> Value {
    let line = |text: &str| json!({ "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": text }] });
    let color = if content.is_alert() { "attention" } else { "good" };
    let title = json!({
        "type": "TextRun", "text": content.title, "weight": "bolder", "size": "medium", "color": color,
    });
    let mut body = vec![json!({ "type": "RichTextBlock", "inlines": [title] })];
    body.extend(content.body.lines().map(line));
    json!({
        "type": "message",
        "summary": content.title,
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "fallbackText": content.text(),
                "body": body,
            },
        }],
    })
}
