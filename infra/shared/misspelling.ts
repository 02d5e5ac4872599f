// Tells a misspelt name of an environment variable from one that means something else.

/**
 * Whether a name is probably a misspelling of a known one: the same letters in another spelling (`TokenScope`), the same
 * words with at most one slip in each (`TOKEN_SCOPES`, `PASWORD_MIN_LENGHT`), or all words but the last one of at least
 * three (`TOKEN_MAX_LIFETIME`). Slips in a single short word are not looked for: it may be any other word.
 *
 * @param name - any name but the known one
 * @param known - in capitals, words separated by underscores
 */
export function isMisspelling(name: string, known: string): boolean {
  if (lettersOf(name) === lettersOf(known)) return true;
  const [words, knownWords] = [name.toUpperCase().split('_'), known.split('_')];
  if (knownWords.length === 1) return false;
  if (words.toSorted().join() === knownWords.toSorted().join()) return true;
  if (knownWords.length > 2 && knownWords.slice(0, -1).every((word, i) => word === words[i])) return true;
  if (isOneSlipAway(lettersOf(name), lettersOf(known))) return true;
  return (
    words.length === knownWords.length && knownWords.every((word, i) => isOneSlipAway(words[i] ?? '', word))
  );
}

function lettersOf(name: string): string {
  return name.toUpperCase().replace(/[^A-Z\d]/g, '');
}

/** Whether two words differ at most by one letter (missing, added or replaced) or by two neighbours that are swapped. */
export function isOneSlipAway(a: string, b: string): boolean {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}
