package redact

import (
	"net/http"
	"strings"
)

// harmless are the headers of a browser whose values are secret in no request, and so common as
// words that hiding them would garble the text of errors. Any other header may hold a credential.
var harmless = map[string]bool{
	"Accept": true, "Accept-Charset": true, "Accept-Encoding": true, "Accept-Language": true,
	"Cache-Control": true, "Connection": true, "Content-Length": true, "Content-Type": true,
	"Dnt": true, "Host": true, "Origin": true, "Pragma": true, "Priority": true, "Te": true,
	"Upgrade": true, "Upgrade-Insecure-Requests": true, "X-Forwarded-Host": true,
	"X-Forwarded-Port": true, "X-Forwarded-Proto": true, "X-Requested-With": true,
}

// HeaderSecrets returns what is secret in the headers of a browser's request, in the parts that a
// server may take them apart to: the value of each cookie, credentials without their scheme, the
// path and query of the page before, and any other value that is not known to be harmless.
func HeaderSecrets(headers http.Header) (secrets []string) {
	for name, values := range headers {
		name = http.CanonicalHeaderKey(name)
		if harmless[name] || strings.HasPrefix(name, "Sec-") {
			continue
		}
		for _, value := range values {
			value = strings.TrimSpace(value)
			switch name {
			case "Authorization", "Proxy-Authorization":
				if _, credentials, ok := strings.Cut(value, " "); ok {
					value = strings.TrimSpace(credentials)
				}
			case "Cookie":
				secrets = appendCookies(secrets, value)
				continue
			case "Referer":
				if _, page, ok := strings.Cut(value, "://"); ok {
					_, page, _ = strings.Cut(page, "/")
					value = "/" + page
				}
			}
			secrets = append(secrets, value)
		}
	}
	return secrets
}

// appendCookies appends the value of each cookie, without quotes; of what has no value, all of it.
func appendCookies(secrets []string, header string) []string {
	for pair := range strings.SplitSeq(header, ";") {
		value := pair
		if _, after, ok := strings.Cut(pair, "="); ok {
			value = after
		}
		secrets = append(secrets, strings.Trim(value, ` "`))
	}
	return secrets
}
