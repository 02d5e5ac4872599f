import fc from 'fast-check';

/**
 * Any character of Unicode, as the `unit` of a string: every code point except halves of surrogate pairs. fast-check's own
 * unit `binary` generates the same, but needs more than half a second of each process that uses it.
 */
export const anyCharacter = fc
  .integer({ min: 0, max: 0x10ffff })
  .filter((codePoint) => codePoint < 0xd800 || codePoint > 0xdfff)
  .map(
    (codePoint) => String.fromCodePoint(codePoint),
    // Lets fast-check mix in strings that are known for making trouble, such as `__proto__`.
    (character) => {
      if (typeof character !== 'string' || Array.from(character).length !== 1)
        throw new Error('not a character');
      return character.codePointAt(0) ?? 0;
    },
  );
