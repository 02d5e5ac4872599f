import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Returns the status and, unless it is 204, the error document. Without a PIN the payment methods are cleared.
func resetPassword(url: String, token: String, pin: String?) async throws -> (status: Int, document: String) {
    var request = URLRequest(url: URL(string: url + "/user/2021-2/user/password/reset")!)
    request.httpMethod = "PUT"
    request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
    if let pin {
        precondition(pin.range(of: "^[0-9]{4}$", options: .regularExpression) != nil, "A PIN is four digits.")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try JSONEncoder().encode(["pin": pin])
    }
    let (data, response) = try await URLSession.shared.data(for: request)
    return ((response as! HTTPURLResponse).statusCode, String(decoding: data, as: UTF8.self))
}

let environment = ProcessInfo.processInfo.environment
let (status, document) = try await resetPassword(
    url: environment["URL"]!, token: environment["TOKEN"]!, pin: environment["PIN"])
print(status, document)
