// Makes texts comparable that clients, libraries and keyboards write in different ways.

/**
 * Decodes a text that is encoded more than once, and removes what hides a word: full width, accents, invisible characters.
 * White space becomes one space; an HTML entity such as `&quot;` becomes a quotation mark.
 */
export function normalizeText(text: string): string {
  let decoded = text;
  // Each round undoes one level of encoding. Nobody encodes more than five times by mistake.
  for (let round = 0; round < 5; round++) {
    decoded = decoded.replace(/(?:%(?:25)*[0-9a-f]{2})+/gi, (encoded) => {
      const bytes = encoded.split('%').map((one) => one.slice(-2));
      return Buffer.from(bytes.join(''), 'hex').toString();
    });
  }
  return decoded
    .replace(/[%\\]u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/&(?:quot|lt|gt|#x?\d+);/g, '"')
    .replace(/\s+/g, ' ')
    .replace(/[^ -~]+/g, (text) => text.normalize('NFKD').replace(/[\p{M}\p{C}\ufffd]/gu, ''))
    .replaceAll('ı', 'i'); // In a Turkish locale, `PIN` in lower case is `pın`.
}
