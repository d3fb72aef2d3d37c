package redact

import (
	"net/http"
	"regexp"
	"strings"
)

// harmless are the headers of a browser whose values are secret in no request, and so common as
// words that hiding them would garble the text of errors. Any other header may hold a credential.
var harmless = regexp.MustCompile(`(?i)^(accept(-charset|-encoding|-language)?|cache-control|` +
	`connection|content-(length|type)|dnt|host|origin|pragma|priority|sec-(gpc|ch-.*|fetch-.*)|te|` +
	`upgrade(-insecure-requests)?|x-forwarded-(host|port|proto)|x-requested-with)$`)

// origin finds the scheme and host of a page's address.
var origin = regexp.MustCompile(`(?s)^.*?://[^/]*`)

// HeaderSecrets returns what is secret in the headers of a browser's request, in the parts that a
// server may take them apart to: the value of each cookie, credentials without their scheme, the
// path and query of the page before, and any other value that is not known to be harmless.
func HeaderSecrets(headers http.Header) (secrets []string) {
	for name, values := range headers {
		if harmless.MatchString(name) {
			continue
		}
		for _, value := range values {
			value = strings.TrimSpace(value)
			switch http.CanonicalHeaderKey(name) {
			case "Authorization", "Proxy-Authorization":
				value = strings.TrimSpace(value[strings.Index(value, " ")+1:])
			case "Cookie": // the value of each cookie without quotes, or all of what has no value
				for cookie := range strings.SplitSeq(value, ";") {
					cookie = strings.Trim(cookie[strings.Index(cookie, "=")+1:], ` "`)
					if len(cookie) >= minSecret {
						secrets = append(secrets, cookie)
					}
				}
				continue
			case "Referer":
				value = origin.ReplaceAllLiteralString(value, "")
			}
			secrets = append(secrets, value)
		}
	}
	return secrets
}
