# With the PIN. Without the last header and the data the payment methods are cleared.
curl -i -X PUT "$URL/user/2021-2/user/password/reset" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' \
  -d "{\"pin\":\"$PIN\"}"
