-- The problems that edge and gateway respond with by themselves: a page of docs/problems for each code.
-- `detail` says what is wrong and what to do; `ko` is the same for readers of Korean.

return {
  ["bad-request"] = {
    status = 400, title = "Bad request", detail = "The request is not valid HTTP.",
    ko = { title = "잘못된 요청이에요", detail = "요청이 올바른 HTTP가 아니에요." },
  },
  ["unauthenticated"] = {
    status = 401, title = "Unauthenticated", detail = "The request needs a valid session; log in and try again.",
    ko = { title = "로그인이 필요해요", detail = "로그인한 뒤 다시 시도해 주세요." },
  },
  ["access-token-invalid"] = {
    status = 401, title = "Access token invalid", detail = "The access token is not valid; log in or refresh the session.",
    ko = { title = "로그인이 만료되었어요", detail = "다시 로그인해 주세요." },
  },
  ["forbidden"] = {
    status = 403, title = "Forbidden", detail = "The account does not hold the role that this path requires.",
    ko = { title = "권한이 없어요", detail = "이 계정에는 여기에 필요한 역할이 없어요." },
  },
  ["cross-site-request"] = {
    status = 403, title = "Cross site request",
    detail = "A request that changes something with a cookie must come from the platform's own pages.",
    ko = { title = "다른 사이트에서 온 요청이에요", detail = "쿠키로 변경하는 요청은 이 사이트의 페이지에서만 보낼 수 있어요." },
  },
  ["route-not-found"] = {
    status = 404, title = "Route not found", detail = "No route matches the path; check the address.",
    ko = { title = "페이지를 찾을 수 없어요", detail = "주소가 맞는지 확인해 주세요." },
  },
  ["method-not-allowed"] = {
    status = 405, title = "Method not allowed", detail = "The path does not accept this method; Allow lists those it accepts.",
    ko = { title = "허용되지 않는 메서드예요", detail = "이 경로에 쓸 수 있는 메서드는 Allow 헤더에 있어요." },
  },
  ["request-timeout"] = {
    status = 408, title = "Request timeout", detail = "The request did not arrive in time; send it again.",
    ko = { title = "요청 시간이 초과되었어요", detail = "요청이 제때 도착하지 않았어요. 다시 보내 주세요." },
  },
  ["length-required"] = {
    status = 411, title = "Length required", detail = "The request needs a Content-Length.",
    ko = { title = "길이가 필요해요", detail = "요청에 Content-Length가 있어야 해요." },
  },
  ["body-too-large"] = {
    status = 413, title = "Body too large", detail = "The request body is larger than the limit; send less.",
    ko = { title = "본문이 너무 커요", detail = "요청 본문이 한도보다 커요. 크기를 줄여 주세요." },
  },
  ["uri-too-long"] = {
    status = 414, title = "URI too long", detail = "The request target is longer than the limit; shorten it.",
    ko = { title = "주소가 너무 길어요", detail = "주소가 한도보다 길어요. 줄여서 다시 시도해 주세요." },
  },
  ["expectation-failed"] = {
    status = 417, title = "Expectation failed", detail = "The expectation cannot be met.",
    ko = { title = "Expect 헤더를 처리할 수 없어요", detail = "요청의 Expect 헤더를 빼고 다시 보내 주세요." },
  },
  ["too-many-connections"] = {
    status = 429, title = "Too many connections",
    detail = "Too many requests from this address are open at once; wait for some to finish.",
    ko = { title = "동시 요청이 너무 많아요", detail = "이 주소에서 열린 요청이 너무 많아요. 잠시 후 다시 시도해 주세요." },
  },
  ["headers-too-large"] = {
    status = 431, title = "Request headers too large",
    detail = "The cookies or other headers are larger than the limit; delete this site's cookies and try again.",
    ko = { title = "쿠키가 너무 커요", detail = "쿠키나 다른 헤더가 한도보다 커요. 이 사이트의 쿠키를 지우고 다시 시도해 주세요." },
  },
  ["internal-error"] = {
    status = 500, title = "Internal error", detail = "The gateway failed unexpectedly; try again later.",
    ko = { title = "오류가 발생했어요", detail = "예상하지 못한 오류예요. 잠시 후 다시 시도해 주세요." },
  },
  ["not-implemented"] = {
    status = 501, title = "Not implemented", detail = "The method or the transfer coding is not supported.",
    ko = { title = "지원하지 않는 요청이에요", detail = "메서드나 전송 인코딩을 지원하지 않아요." },
  },
  ["upstream-unreachable"] = {
    status = 502, title = "Upstream unreachable", detail = "The service did not respond, or not in full; try again.",
    ko = { title = "서비스에 연결할 수 없어요", detail = "서비스가 응답하지 않았어요. 잠시 후 다시 시도해 주세요." },
  },
  ["upstream-unavailable"] = {
    status = 503, title = "Upstream unavailable", detail = "The service is temporarily unavailable; try again.",
    ko = { title = "서비스를 잠시 쓸 수 없어요", detail = "잠시 후 다시 시도해 주세요." },
  },
  ["authentication-unavailable"] = {
    status = 503, title = "Authentication unavailable", detail = "The session cannot be checked right now; try again.",
    ko = { title = "로그인을 확인할 수 없어요", detail = "지금은 로그인 상태를 확인할 수 없어요. 잠시 후 다시 시도해 주세요." },
  },
  ["upstream-timeout"] = {
    status = 504, title = "Upstream timeout", detail = "The service did not respond in time; try again.",
    ko = { title = "응답이 너무 늦어요", detail = "서비스가 제때 응답하지 않았어요. 잠시 후 다시 시도해 주세요." },
  },
  ["http-version-not-supported"] = {
    status = 505, title = "HTTP version not supported", detail = "Only HTTP/1.0 and HTTP/1.1 are supported.",
    ko = { title = "지원하지 않는 HTTP 버전이에요", detail = "HTTP/1.0과 HTTP/1.1만 지원해요." },
  },
}
