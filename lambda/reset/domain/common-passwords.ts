// The list of common and breached passwords. Loading it takes some 30 ms, so it is imported where a password arrives.
import { dictionary } from '@zxcvbn-ts/language-common';

const listed = new Set(dictionary['passwords-common']);

/**
 * Whether a password is one of those that attackers try first, in any case, once or repeated as in
 * "letmeinletmeinletmein".
 *
 * @param password - normalised to NFC
 */
export function isCommonPassword(password: string): boolean {
  const lowerCase = password.toLowerCase();
  const unrepeated = lowerCase.replace(/^(.+?)\1+$/su, '$1');
  return listed.has(lowerCase) || listed.has(unrepeated);
}
