// The headers that announce the end of this API: Deprecation (RFC 9745), Sunset (RFC 8594) and their links.
import { parsePlainUrl } from '../../shared/environment.ts';

/**
 * Parses the announcement of a stage, such as `2026-06-01 2027-06-01 https://docs.example.com/migrate`.
 *
 * @param text - the day from which the API is deprecated (UTC); optionally the day on which it ends; optionally the https
 *   URL of a page that says what to use instead; separated by spaces
 * @returns the headers of every answer: `Deprecation`; `Sunset` if the text has an end; `Link` if it has a URL
 * @throws Error whose message continues "DEPRECATION …"
 */
export function parseDeprecation(text: string): Readonly<Record<string, string>> {
  const day = String.raw`\d{4}-\d\d-\d\d`;
  const match = new RegExp(`^(${day})(?: +(${day}))?(?: +(\\S+))?$`).exec(text);
  const [since, sunset] = [match?.[1], match?.[2]].map((one) => one && readDay(one));
  const url = match?.[3] ? parsePlainUrl(match[3]) : undefined;
  if (!since || sunset === null || (match?.[3] && url?.protocol !== 'https:')) {
    throw new Error(
      'must be a day such as 2026-06-01, then optionally the day of the end, then optionally an https URL without credentials or fragment, separated by spaces',
    );
  }
  if (sunset && sunset < since) throw new Error('must not have an end that comes before the deprecation');
  const relations = ['deprecation', ...(sunset ? ['sunset'] : [])];
  return {
    Deprecation: `@${since.getTime() / 1_000}`,
    ...(sunset && { Sunset: sunset.toUTCString() }),
    ...(url && { Link: relations.map((rel) => `<${url.href}>; rel="${rel}"; type="text/html"`).join(', ') }),
  };
}

/** The start of a day in UTC; `null` for a day that does not exist, such as 2026-02-30. */
function readDay(day: string): Date | null {
  const date = new Date(`${day}T00:00:00Z`);
  return date.toJSON()?.startsWith(day) ? date : null;
}
