export interface paths {
    "/user/2021-2/user/password/reset": {
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
         * @description Resets the password of the user whom the access token names. Without the recovery PIN the user's payment
         *     methods are cleared too.
         *
         *     A reset revokes every access token that was issued to the user before it, the one in use included.
         *
         *     The PIN is best passed in the body: a query string ends up in logs on the way. The body may also bring a new
         *     password, which is set in the same step; without one the user is left with no password, to be set later.
         *
         *     Any other query parameter, and the headers `Accept` and `Content-Type` of a request without a body, are ignored,
         *     unless something in it may be meant as a PIN: a name with the word "pin" in it (`recoveryPin`, `user[pin]`), a
         *     value that holds `pin=` (`lang=de?pin=5621`), four digits without a name. That is `recovery-pin-malformed`, since
         *     taking it for no PIN would clear the payment methods. A fragment (`#pin=5621`) is not sent by clients at all.
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
             * @description The new password: any Unicode, counted in code points after normalisation to NFC. Refused if it is in a list
             *     of common and breached passwords or contains the user id. Deployments that enforce a second factor may
             *     accept shorter ones.
             */
            password?: string;
        };
        /** @description Four ASCII digits. */
        RecoveryPin: string;
        /** @description Names the request. An xid, or a UUID where the gateway answers before the service is reached. */
        RequestName: components["schemas"]["Xid"] | string;
        /**
         * @description A globally unique id of 20 characters.
         * @example cbgmhslmp1o9or9kh1p0
         */
        Xid: string;
        /** @description A JSON:API document that holds exactly one error. */
        ErrorDocument: {
            errors: components["schemas"]["Error"][];
        };
        Error: {
            id: components["schemas"]["RequestName"];
            links?: {
                /** @description Where to read more about this error. */
                about?: string;
            };
            /** @description The HTTP status, as a string. */
            status: string;
            /** @description What was wrong, for programs. */
            code: string;
            /** @description What was wrong, for people; the same for every error of this code. */
            title: string;
            /** @description What to do about it. */
            detail: string;
            /** @description The part of the request that is at fault. */
            source?: {
                /** @description JSON Pointer (RFC 6901) into the request's body. */
                pointer?: string;
                /** @description Name of a query parameter. */
                parameter?: string;
            };
            meta?: {
                /** @description How many different PINs may still be tried (`recovery-pin-mismatch`). */
                remainingAttempts?: number;
                /** @description How many characters a password must have (`password-too-short`). */
                minLength?: number;
                /** @description How many characters a password may have (`password-too-long`). */
                maxLength?: number;
            };
        };
    };
    responses: never;
    parameters: {
        /**
         * @description The recovery PIN, for callers that cannot send it in the body. Absent, the payment methods are cleared. Present
         *     but malformed, or present in the body too, it is refused and never taken for absent.
         */
        Pin: components["schemas"]["RecoveryPin"];
        /**
         * @description An [xid](https://github.com/rs/xid) of the caller's own to name the request by, such as `cbgmhslmp1o9or9kh1p0`;
         *     anything else is replaced.
         */
        RequestId: string;
    };
    requestBodies: never;
    headers: {
        /** @description Names the request; equals the error's `id`. */
        "Request-Id": components["schemas"]["RequestName"];
        /** @description No answer may be stored. */
        "Cache-Control": "no-store";
        /**
         * @description The origin of the web page that asks, where the deployment lists it.
         * @example https://app.example.com
         */
        "Access-Control-Allow-Origin": string;
        /**
         * @description What such a page may read beyond the usual.
         * @example Request-Id, WWW-Authenticate
         */
        "Access-Control-Expose-Headers": string;
        /** @description Answers differ between origins, where the deployment lists any. */
        Vary: "Origin";
        /**
         * @description Seconds to wait.
         * @example 1
         */
        "Retry-After": string;
        /**
         * @description The Bearer challenge of RFC 6750, with the error of RFC 9470 where the login is too old.
         * @example Bearer realm="password-reset", error="invalid_token", error_description="Access token expired"
         */
        "WWW-Authenticate": string;
        /**
         * @description With `insufficient-scope` only, the scope that is required.
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
                 * @description The recovery PIN, for callers that cannot send it in the body. Absent, the payment methods are cleared. Present
                 *     but malformed, or present in the body too, it is refused and never taken for absent.
                 */
                pin?: components["parameters"]["Pin"];
            };
            header?: {
                /**
                 * @description An [xid](https://github.com/rs/xid) of the caller's own to name the request by, such as `cbgmhslmp1o9or9kh1p0`;
                 *     anything else is replaced.
                 */
                "Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description At most 4096 bytes. No body and an empty object are the same. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ResetRequest"];
                "application/vnd.api+json": components["schemas"]["ResetRequest"];
            };
        };
        responses: {
            /** @description The password is reset, or the same request was carried out before. */
            204: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
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
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"] & {
                        errors?: unknown;
                    };
                };
            };
            /** @description The access token is missing or cannot be accepted, or a linked identity is missing. */
            401: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"] & {
                        errors?: unknown;
                    };
                };
            };
            /** @description Refused. Nothing was changed. */
            403: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "WWW-Authenticate": components["headers"]["Scope-Challenge"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"] & {
                        errors?: unknown;
                    };
                };
            };
            /** @description No such resource, no such user, or no recovery PIN to compare with. Nothing was changed. */
            404: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"] & {
                        errors?: unknown;
                    };
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
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"] & {
                        errors?: unknown;
                    };
                };
            };
            /** @description The body is of another media type. Nothing was changed. */
            415: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"] & {
                        errors?: unknown;
                    };
                };
            };
            /** @description The new password cannot be accepted. Nothing was changed, and no attempt at the PIN was spent. */
            422: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"] & {
                        errors?: unknown;
                    };
                };
            };
            /** @description Too many requests. The gateway answers this; nothing was changed. */
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
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"] & {
                        errors?: unknown;
                    };
                };
            };
            /** @description Something went wrong on the server. The password is reset wholly or not at all. */
            501: {
                headers: {
                    "Request-Id": components["headers"]["Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.api+json": components["schemas"]["ErrorDocument"] & {
                        errors?: unknown;
                    };
                };
            };
        };
    };
}
