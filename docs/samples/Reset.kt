import java.net.HttpURLConnection
import java.net.URI

/** Returns the status and, unless it is 204, the error document. Without a PIN the payment methods are cleared. */
fun resetPassword(url: String, token: String, pin: String?): Pair<Int, String> {
    require(pin == null || Regex("[0-9]{4}").matches(pin)) { "A PIN is four digits." }
    val connection = URI("$url/user/2021-2/user/password/reset").toURL().openConnection() as HttpURLConnection
    connection.requestMethod = "PUT"
    connection.setRequestProperty("Authorization", "Bearer $token")
    if (pin != null) {
        connection.setRequestProperty("Content-Type", "application/json")
        connection.doOutput = true
        connection.outputStream.use { it.write("""{"pin":"$pin"}""".toByteArray()) }
    }
    val status = connection.responseCode
    return status to connection.errorStream?.use { it.reader().readText() }.orEmpty()
}

fun main() {
    val environment = System.getenv()
    val (status, document) =
        resetPassword(environment.getValue("URL"), environment.getValue("TOKEN"), environment["PIN"])
    println("$status $document")
}
