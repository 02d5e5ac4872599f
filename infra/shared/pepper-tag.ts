// Apart from the table's construct, so that the programs that look for the tag need not load the CDK.

/** The table's tag with the ARN of the pepper secret, for tools that need both. */
export const pepperTag = 'password-reset:pepper';
