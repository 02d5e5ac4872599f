// The words with which pin-parameter.ts finds names of a PIN. Upper and lower case do not matter.

const anyOf = (words: string) => `(?:${words.trim().split(/\s+/).join('|')})`;

/** What several languages call a PIN, or append to "pin" in its names. */
const parts = `
  code kode kod kodu koodi no nr num number nummer name new neu key val value digit input field entry text pass otp`;

/** How names of a PIN can go on behind "pin". The endings can follow each other: `pincodevalue`. */
const endings = anyOf(`s ${parts}`);

/** Ordinary words that end in "pin". Each can have a plural. */
const ordinaryEnd = anyOf(`
  spin backspin tailspin topspin unpin alpin chopin crispin dropin popin hairpin hatpin kingpin lapin linchpin lupin
  lynchpin pushpin tenpin terrapin`);

/** Ordinary words that begin with "pin". What begins so is ordinary too: `pinterestTag`, `pingdom`. */
const ordinaryBeginning = anyOf(`
  ping pink piny pinar pinata pinball pinboard pincer pinched pinches pinching pincushion pineapple pinewood pinhead
  pinhole pining pinion pinna pinne pinni pinnwand pinny pinoc pinot pinout pinoy pinpoint pinscher pinstripe pinterest
  pinwheel`);

/** Ordinary only as whole words, because names of a PIN begin with them too: `pine` in `pinEntered`, `pinch` in `pinChange`. */
const ordinaryWord = anyOf('pina pinch pine pinfo pinit pinsel pint pinto pinup');

/** A word that ends in "pin" or in a compound of it: `pin`, `recoverypin`, `userpincode`. */
export const pinEnd = new RegExp(`^(?!${ordinaryEnd}s?$).*pin${endings}*$`, 'i');

/**
 * A word that begins with "pin". In the middle of a word these letters usually mean something else, as in `appinstall`.
 */
export const pinBeginning = new RegExp(`^(?=pin)(?!${ordinaryBeginning}|${ordinaryWord}s?$)`, 'i');

/** Names that say nothing about their value: what languages print if there is none. */
export const emptyName = new RegExp(`^${anyOf('undefined null none nil nan true false')}*$`, 'i');

/** Names of a parameter whose value is the name of another one's value: `name=pin&v=5621`. */
export const nameName = /(?:^[kn]|(?:name|key|field|label|param(?:eter)?)s?)$/i;

/** Names of a parameter whose value is named by another one's value: `0[id]=pin&0[value]=5621`, `type=pin&code=5621`. */
export const valueName = new RegExp(`(?:values?|data|^second|^${anyOf(parts)})$`, 'i');

/** Words between a name and its value, in lists of entries, YAML, PHP's serialize() and OData: `"pin";i:5621`, `pin eq 5621`. */
export const wordBetween = anyOf(`${endings} data type second str i eq`);
