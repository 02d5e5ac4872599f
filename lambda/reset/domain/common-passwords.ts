// The list of common and breached passwords. Loading it takes about 30 ms, so only requests with a password import it.
import { dictionary } from '@zxcvbn-ts/language-common';

const commonPasswords = new Set(dictionary['passwords-common']);

/**
 * Whether a password is in the list, or repeats an entry of it, as "letmeinletmeinletmein" does. Upper and lower case
 * do not matter.
 *
 * @param password - normalised to NFC
 */
export function isCommonPassword(password: string): boolean {
  const lowerCase = password.toLowerCase();
  const repeatedPart = lowerCase.replace(/^(.+?)\1+$/su, '$1');
  return commonPasswords.has(lowerCase) || commonPasswords.has(repeatedPart);
}
