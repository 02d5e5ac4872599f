// Stands in for the SDK's cache of discovered endpoints, see ../trimmed-libraries.ts.

/** Is made by each client. It has no methods: whatever came to ask it would fail and not go astray. */
export class EndpointCache {}
