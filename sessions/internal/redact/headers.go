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
	"Dnt": true, "Host": true, "Origin": true, "Pragma": true, "Priority": true, "Sec-Gpc": true,
	"Te": true, "Upgrade": true, "Upgrade-Insecure-Requests": true, "X-Forwarded-Host": true,
	"X-Forwarded-Port": true, "X-Forwarded-Proto": true, "X-Requested-With": true,
}

// HeaderSecrets returns what is secret in the headers of a browser's request, in the parts that a
// server may take them apart to: the value of each cookie, credentials without their scheme, the
// path and query of the page before, and any other value that is not known to be harmless.
func HeaderSecrets(headers http.Header) (secrets []string) {
	for name, values := range headers {
		name = http.CanonicalHeaderKey(name)
		if harmless[name] || strings.HasPrefix(name, "Sec-Fetch-") || strings.HasPrefix(name, "Sec-Ch-") {
			continue
		}
		for _, value := range values {
			value = strings.TrimSpace(value)
			switch name {
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
