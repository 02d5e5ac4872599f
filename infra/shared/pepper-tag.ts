// Not in the table's construct: programs that look for the tag would have to load the CDK.

/** The table's tag with the ARN of the pepper secret, for tools that need both. */
export const pepperTag = 'password-reset:pepper';
