// A gateway response of API Gateway, as a caller receives it.

/** The parts of a gateway response, under the names of CloudFormation. */
export interface GatewayResponse {
  readonly StatusCode?: unknown;
  readonly ResponseParameters?: unknown;
  readonly ResponseTemplates?: unknown;
}

/**
 * Fills in a gateway response.
 *
 * @param requestId - the gateway's `$context.requestId`
 */
export function renderGatewayResponse(properties: GatewayResponse, requestId: string) {
  const templates = properties.ResponseTemplates as Record<string, string>;
  const body = templates['application/json']?.replaceAll('$context.requestId', requestId) ?? '';
  const headers = Object.entries(properties.ResponseParameters as Record<string, string>).map(
    ([name, value]) => [
      name.replace('gatewayresponse.header.', ''),
      value === 'context.requestId' ? requestId : value.replace(/^'(.*)'$/, '$1'),
    ],
  );
  // DEFAULT_4XX keeps the gateway's own status; the error document has the documented one.
  const status = Number(properties.StatusCode ?? JSON.parse(body).errors[0].status);
  return { status, headers: Object.fromEntries(headers) as Record<string, string>, body };
}
