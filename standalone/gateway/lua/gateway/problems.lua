-- The problems that edge and gateway respond with by themselves: a page of docs/problems for each code.
-- `detail` says what is wrong and what to do; `ko` is the same for readers of Korean.

return {
  ["bad-request"] = {
    status = 400, title = "Bad request", detail = "The request is not valid HTTP.",
    ko = { title = "잘못된 요청", detail = "요청이 올바른 HTTP가 아닙니다." },
  },
  ["unauthenticated"] = {
    status = 401, title = "Unauthenticated", detail = "The request needs a valid session; log in and try again.",
    ko = { title = "로그인 필요", detail = "로그인한 뒤 다시 시도하세요." },
  },
  ["access-token-invalid"] = {
    status = 401, title = "Access token invalid", detail = "The access token is not valid; log in or refresh the session.",
    ko = { title = "로그인 만료", detail = "다시 로그인하세요." },
  },
  ["forbidden"] = {
    status = 403, title = "Forbidden", detail = "The account does not hold the role that this path requires.",
    ko = { title = "권한 없음", detail = "이 요청에 필요한 역할이 계정에 없습니다." },
  },
  ["cross-site-request"] = {
    status = 403, title = "Cross site request",
    detail = "A request that changes something with a cookie must come from the platform's own pages.",
    ko = { title = "다른 사이트의 요청", detail = "쿠키로 변경하는 요청은 이 사이트의 페이지에서만 보낼 수 있습니다." },
  },
  ["route-not-found"] = {
    status = 404, title = "Route not found", detail = "No route matches the path; check the address.",
    ko = { title = "페이지를 찾을 수 없음", detail = "주소가 맞는지 확인하세요." },
  },
  ["method-not-allowed"] = {
    status = 405, title = "Method not allowed", detail = "The path does not accept this method; Allow lists those it accepts.",
    ko = { title = "허용되지 않는 메서드", detail = "이 경로에 쓸 수 있는 메서드는 Allow 헤더에 있습니다." },
  },
  ["request-timeout"] = {
    status = 408, title = "Request timeout", detail = "The request did not arrive in time; send it again.",
    ko = { title = "요청 시간 초과", detail = "요청이 제때 도착하지 않았습니다. 다시 보내세요." },
  },
  ["length-required"] = {
    status = 411, title = "Length required", detail = "The request needs a Content-Length.",
    ko = { title = "길이 필요", detail = "요청에 Content-Length가 있어야 합니다." },
  },
  ["body-too-large"] = {
    status = 413, title = "Body too large", detail = "The request body is larger than the limit; send less.",
    ko = { title = "본문이 너무 큼", detail = "요청 본문이 한도보다 큽니다. 크기를 줄이세요." },
  },
  ["uri-too-long"] = {
    status = 414, title = "URI too long", detail = "The request target is longer than the limit; shorten it.",
    ko = { title = "주소가 너무 긺", detail = "주소가 한도보다 깁니다. 줄여서 다시 시도하세요." },
  },
  ["expectation-failed"] = {
    status = 417, title = "Expectation failed", detail = "The expectation cannot be met.",
    ko = { title = "Expect 헤더를 처리할 수 없음", detail = "요청의 Expect 헤더를 빼고 다시 보내세요." },
  },
  ["too-many-connections"] = {
    status = 429, title = "Too many connections",
    detail = "Too many requests from this address are open at once; wait for some to finish.",
    ko = { title = "동시 요청이 너무 많음", detail = "이 주소에서 열린 요청이 너무 많습니다. 잠시 뒤에 다시 시도하세요." },
  },
  ["headers-too-large"] = {
    status = 431, title = "Request headers too large",
    detail = "The cookies or other headers are larger than the limit; delete this site's cookies and try again.",
    ko = { title = "쿠키가 너무 큼", detail = "쿠키나 다른 헤더가 한도보다 큽니다. 이 사이트의 쿠키를 지우고 다시 시도하세요." },
  },
  ["internal-error"] = {
    status = 500, title = "Internal error", detail = "The gateway failed unexpectedly; try again later.",
    ko = { title = "서버 오류", detail = "예상하지 못한 오류가 발생했습니다. 잠시 뒤에 다시 시도하세요." },
  },
  ["not-implemented"] = {
    status = 501, title = "Not implemented", detail = "The method or the transfer coding is not supported.",
    ko = { title = "지원하지 않는 요청", detail = "메서드나 전송 인코딩을 지원하지 않습니다." },
  },
  ["upstream-unreachable"] = {
    status = 502, title = "Upstream unreachable", detail = "The service did not respond, or not in full; try again.",
    ko = { title = "서비스에 연결할 수 없음", detail = "서비스가 응답하지 않았습니다. 잠시 뒤에 다시 시도하세요." },
  },
  ["upstream-unavailable"] = {
    status = 503, title = "Upstream unavailable", detail = "The service is temporarily unavailable; try again.",
    ko = { title = "서비스를 사용할 수 없음", detail = "지금은 서비스를 사용할 수 없습니다. 잠시 뒤에 다시 시도하세요." },
  },
  ["authentication-unavailable"] = {
    status = 503, title = "Authentication unavailable", detail = "The session cannot be checked right now; try again.",
    ko = { title = "로그인을 확인할 수 없음", detail = "지금은 로그인 상태를 확인할 수 없습니다. 잠시 뒤에 다시 시도하세요." },
  },
  ["upstream-timeout"] = {
    status = 504, title = "Upstream timeout", detail = "The service did not respond in time; try again.",
    ko = { title = "응답 시간 초과", detail = "서비스가 제때 응답하지 않았습니다. 잠시 뒤에 다시 시도하세요." },
  },
  ["http-version-not-supported"] = {
    status = 505, title = "HTTP version not supported", detail = "Only HTTP/1.0 and HTTP/1.1 are supported.",
    ko = { title = "지원하지 않는 HTTP 버전", detail = "HTTP/1.0과 HTTP/1.1만 지원합니다." },
  },
}
