// Stands in for the SDK's reading of ~/.aws/config and ~/.aws/credentials, see ../trimmed-libraries.ts.

/** Between the section and the key of a setting; the replaced module exports it too. */
export const CONFIG_PREFIX_SEPARATOR = '.';

/** Finds what the SDK's own finds where there are no such files. */
export async function loadSharedConfigFiles() {
  return { configFile: {}, credentialsFile: {} };
}
