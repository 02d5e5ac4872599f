// The words with which pin-parameter.ts finds names of a PIN. Upper and lower case do not matter.

const anyOf = (words: string) => `(?:${words.trim().split(/\s+/).join('|')})`;

/** Words of several languages that follow "pin" in a name (`pinkod`), or alone are the name of a value (`code=5621`). */
const parts = `
  code kode kod kodu koodi no nr num number nummer name new neu key val value digit input field entry text pass otp`;

/** One ending of a name after "pin". A name can have several: `pincodevalue`. */
const endings = anyOf(`s ${parts}`);

/** Ordinary words that end in "pin". Each can have a plural. */
const ordinaryEnd = anyOf(`
  spin backspin tailspin topspin unpin alpin chopin crispin dropin popin hairpin hatpin kingpin lapin linchpin lupin
  lynchpin pushpin tenpin terrapin`);

/** Ordinary beginnings. Every word that begins with one of them is ordinary: `pinned`, `pingdom`, but not `pinkoden`. */
const ordinaryBeginning = anyOf(`
  ping(?!iven|input) pink(?!o?od|eyb) piny pinar(?![gr]) pinata pinball pinboard pincer(?!t) pinched pinches pinching
  pincushion pineapple pinewood pinhead(?!er) pinhole pining(?!r) pinion pinna pinne pinni pinnwand pinny pinoc pinot(?!h)
  pinout(?!p) pinoy pinpoint pinscher pinstripe pinterest pinwheel`);

/** Ordinary only as whole words, because names of a PIN begin with them too: `pinentered` with `pine`. */
const ordinaryWord = anyOf('pina pinch pine pinfo pinit pinsel pint pinto pinup');

/** A word that ends in "pin", with or without endings: `pin`, `recoverypin`, `userpincode`. */
export const pinEnd = new RegExp(`^(?!${ordinaryEnd}s?$).*pin${endings}*$`, 'i');

/** What stands before "pin" in its names: `recoverypinstring`. */
const before = anyOf(
  'recovery reset user account security access login card code secret old new my the your sms',
);

/**
 * A word that begins with "pin", or with a word of `before` and "pin". In the middle of other words these letters usually mean
 * something else, as in `appinstall`.
 */
export const pinBeginning = new RegExp(`^${before}?(?=pin)(?!${ordinaryBeginning}|${ordinaryWord}s?$)`, 'i');

/** The letters of a name that says nothing: none at all, or only words such as `undefined` and `true`. */
export const emptyName = new RegExp(`^${anyOf('undefined null none nil nan true false')}*$`, 'i');

/** What names a parameter: `key` in `0[key]=pin&0[x]=5621`. */
const nameWord = `${anyOf('name key field label param parameter')}s?`;
const beforeNameWord = anyOf('field input attribute property query form argument variable');

/**
 * Parameters whose value is a name: `name` in `name=pin&v=5621`, `p[0][key]` in a list of entries. Others such as `flow_name` and
 * `user[name]` are those of analytics and of people.
 */
export const nameName = new RegExp(
  `^[^a-z]*(?:[kn]|(?:.*param(?:eter)?s?)?[^a-z]*(?:${beforeNameWord}[^a-z]*)?${nameWord})[^a-z]*$` +
    `|[\\d[]\\]?[[.](?:${nameWord}|data)\\]?$`,
  'i',
);

/** What analytics have values of: `event=pin&event_value=1000` names no PIN. */
const ordinaryOwner = anyOf('event screen page view');

/**
 * Parameters that have the value for such a name: `value` in `0[id]=pin&0[value]=5621`, `code` in `type=pin&code=5621`.
 */
export const valueName = new RegExp(
  `(?:(?<!^${ordinaryOwner})(?:values?|val|data)|^(?:second|right|${anyOf(parts)}))$`,
  'i',
);

/**
 * Words between a name and its value, in lists of entries, YAML, PHP's serialize(), OData and typed values:
 * `"pin";i:5621`, `pin eq 5621`, `"pin","stringValue":"5621"`.
 */
export const wordBetween = anyOf(
  `(?:string|int|integer|number|text)_?values? ${endings} data type second str i eq op operator`,
);
