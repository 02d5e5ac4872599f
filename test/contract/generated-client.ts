export interface paths {
    "/user/password/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Reset password for a user
         * @deprecated
         * @description Resets the password of the access token's user. Without the recovery PIN, the user's payment methods are cleared
         *     too.
         *
         *     A reset revokes every access token that was issued to the user before it, including the one in the request.
         *
         *     Prefer the body for the PIN: query strings are logged in many places. The body can also contain a new password,
         *     which is set in the same step. Without a new password the user has no password until one is set later.
         *
         *     Other query parameters are ignored, and so are `Accept` and, on a request without a body, `Content-Type`. The
         *     exception is anything that may be meant as a PIN: a name that contains the word "pin" (`recoveryPin`,
         *     `user[pin]`), a value that contains `pin=` (`lang=de?pin=5621`), four digits without a name, or `[object Object]`.
         *     It is refused as `recovery-pin-malformed`, because ignoring it would clear the payment methods. Clients do not
         *     send a fragment (`#pin=5621`) at all.
         */
        put: operations["resetPassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        ResetRequest: {
            pin?: components["schemas"]["RecoveryPin"];
            /**
             * Format: password
             * @description The new password: any Unicode characters, counted as code points after normalisation to NFC. A password is
             *     refused if it is in a list of common and breached passwords or contains the user id. Deployments that enforce
             *     a second factor may accept shorter passwords.
             */
            password?: string;
        };
        /** @description Four ASCII digits. */
        RecoveryPin: string;
        /**
         * @description The id of the request. An xid, or a UUID if the gateway answers without calling the service.
         * @example cbgmhslmp1o9or9kh1p0
         */
        RequestName: string;
        /** @description A JSON:API document with exactly one error. */
        ErrorDocument: {
            errors: components["schemas"]["ErrorObject"][];
        };
        ErrorObject: {
            id: components["schemas"]["RequestName"];
            links?: {
                /**
                 * Format: uri
                 * @description A page about this error, if the deployment names its documentation.
                 */
                about?: string;
            };
            /** @description The HTTP status, as a string. */
            status: string;
            /** @description What was wrong, for programs to evaluate. */
            code: string;
            /** @description What was wrong, for people. The same for every error with this code. */
            title: string;
            /** @description What the client or the user can do about it. */
            detail: string;
            /** @description The part of the request that caused the error. */
            source?: {
                /** @description JSON Pointer (RFC 6901) into the request's body. */
                pointer?: string;
                /** @description Name of a query parameter. */
                parameter?: string;
            };
            meta?: {
                /** @description The number of other PINs that can still be tried before the PIN is locked (`recovery-pin-mismatch`). */
                remainingAttempts?: number;
                /** @description The minimum number of characters (`password-too-short`). */
                minLength?: number;
                /** @description The maximum number of characters (`password-too-long`). */
                maxLength?: number;
            };
        };
    };
    responses: never;
    parameters: {
        /**
         * @description The recovery PIN, for clients that cannot send it in the body. Without a PIN, the payment methods are cleared. A
         *     malformed PIN, or one in both query and body, is refused and never treated as absent.
         */
        Pin: components["schemas"]["RecoveryPin"];
        /**
         * @description An id for the request, chosen by the client: an [xid](https://github.com/rs/xid) such as `cbgmhslmp1o9or9kh1p0`.
         *     Any other value is replaced by a new xid.
         */
        RequestId: string;
    };
    requestBodies: never;
    headers: {
        /** @description The id of the request; equals the error's `id`. */
        "Request-Id": components["schemas"]["RequestName"];
        /** @description Answers must not be stored. */
        "Cache-Control": "no-store";
        /**
         * @description The origin of the calling web page, if the deployment allows it.
         * @example https://app.example.com
         */
        "Access-Control-Allow-Origin": string;
        /**
         * @description The response headers that such a page can read in addition to the default ones.
         * @example Request-Id, WWW-Authenticate, x-amzn-Remapped-WWW-Authenticate, Deprecation, Sunset, Link
         */
        "Access-Control-Expose-Headers": string;
        /** @description Present if the deployment allows any origin, since answers then depend on it. */
        Vary: "Origin";
        /**
         * @description Since when this API is deprecated (RFC 9745), if the deployment announces its end.
         * @example @1780272000
         */
        Deprecation: string;
        /**
         * @description When this API ends (RFC 8594), if the deployment announces that.
         * @example Tue, 01 Jun 2027 00:00:00 GMT
         */
        Sunset: string;
        /**
         * @description The page that says what to use instead, if the deployment names one.
         * @example <https://docs.example.com/migrate>; rel="deprecation"; type="text/html"
         */
        Link: string;
        /**
         * @description Seconds to wait.
         * @example 1
         */
        "Retry-After": string;
        /**
         * @description The Bearer challenge of RFC 6750; for `authentication-too-old` and `missing-linked-identity` with the error of
         *     RFC 9470. The service sends it as `WWW-Authenticate`; API Gateway renames the header. Every 401 has it under one
         *     of the two names.
         * @example Bearer realm="password-reset", error="invalid_token", error_description="Access token expired"
         */
        "x-amzn-Remapped-WWW-Authenticate": string;
        /**
         * @description The same challenge from gateways that do not rename it, or one of the gateway itself.
         * @example Bearer realm="password-reset", error="invalid_token", error_description="Access token expired"
         */
        "WWW-Authenticate": string;
        /**
         * @description The required scope; only with `insufficient-scope`. Under one of the two names.
         * @example Bearer realm="password-reset", error="insufficient_scope", error_description="Insufficient scope", scope="user:password.reset"
         */
        "Scope-Challenge": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    resetPassword: {
        parameters: {
            query?: {
                /**
                 * @description The recovery PIN, for clients that cannot send it in the body. Without a PIN, the payment methods are cleared. A
                 *     malformed PIN, or one in both query and body, is refused and never treated as absent.
                 */
                pin?: components["parameters"]["Pin"];
            };
            header?: {
                /**
                 * @description An id for the request, chosen by the client: an [xid](https://github.com/rs/xid) such as `cbgmhslmp1o9or9kh1p0`.
                 *     Any other value is replaced by a new xid.
                 */
                "Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description At most 4096 bytes. An empty object means the same as no body. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ResetRequest"];
                "application/vnd.api+json": components["schemas"]["ResetRequest"];
            };
        };
        responses: {
            /** @description The password was reset, now or by an earlier copy of the same request. */
            204: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    Deprecation: components["headers"]["Deprecation"];
                    Sunset: components["headers"]["Sunset"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The body is malformed. Nothing was changed. */
            400: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    Deprecation: components["headers"]["Deprecation"];
                    Sunset: components["headers"]["Sunset"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"];
                };
            };
            /** @description The access token is missing or not accepted, or the user lacks a linked identity. */
            401: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "x-amzn-Remapped-WWW-Authenticate": components["headers"]["x-amzn-Remapped-WWW-Authenticate"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    Deprecation: components["headers"]["Deprecation"];
                    Sunset: components["headers"]["Sunset"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"];
                };
            };
            /** @description The request is refused. Nothing was changed. */
            403: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "x-amzn-Remapped-WWW-Authenticate": components["headers"]["Scope-Challenge"];
                    "WWW-Authenticate": components["headers"]["Scope-Challenge"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    Deprecation: components["headers"]["Deprecation"];
                    Sunset: components["headers"]["Sunset"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"];
                };
            };
            /** @description The resource, the user or the user's recovery PIN does not exist. Nothing was changed. */
            404: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    Deprecation: components["headers"]["Deprecation"];
                    Sunset: components["headers"]["Sunset"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"];
                };
            };
            /** @description The body is too large. Nothing was changed. */
            413: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    Deprecation: components["headers"]["Deprecation"];
                    Sunset: components["headers"]["Sunset"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"];
                };
            };
            /** @description The media type of the body is not supported. Nothing was changed. */
            415: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    Deprecation: components["headers"]["Deprecation"];
                    Sunset: components["headers"]["Sunset"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"];
                };
            };
            /** @description The new password is not accepted. Nothing was changed, and no attempt at the PIN was used up. */
            422: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    Deprecation: components["headers"]["Deprecation"];
                    Sunset: components["headers"]["Sunset"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"];
                };
            };
            /** @description Too many requests. The gateway answers without calling the service; nothing was changed. */
            429: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Retry-After": components["headers"]["Retry-After"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"];
                };
            };
            /** @description An internal error. The reset was carried out completely or not at all. */
            501: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    Deprecation: components["headers"]["Deprecation"];
                    Sunset: components["headers"]["Sunset"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"];
                };
            };
        };
    };
}
