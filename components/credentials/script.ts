/**
 * Proves a pair from any shell. The secret is typed at a prompt and goes to curl through standard input, so that it
 * stands neither in the shell's history nor in the list of processes. The parentheses make the shell read everything
 * before it asks: else a shell that takes a paste line by line would take the next line for the secret.
 */
export const proofScript = (gateUrl: string, apiKey: string): string => `(printf 'API secret: '; read -rs SECRET; echo
curl -sS '${gateUrl.replace(/\/$/, '')}/token/' \\
  -H 'Content-Type: application/vnd.api+json' -d @- <<END
{"data":{"type":"auth-token","attributes":{
 "client_id":"${apiKey}",
 "client_secret":"$SECRET"}}}
END
echo)`
