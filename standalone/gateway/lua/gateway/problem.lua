-- Errors of edge and gateway: application/problem+json (RFC 9457) for programs, a page for browsers, in the language that
-- the request prefers. Both nginx processes use it, and the chart gives it to Kong (charts/member-platform/files/sanitize).

local problems = require "gateway.problems"

local format, gmatch, gsub, lower = string.format, string.gmatch, string.gsub, string.lower
local pairs, tonumber, tostring = pairs, tonumber, tostring

local _M = {}

-- Statuses that several problems have, or that are nginx's own.
local PREFERRED = {
  [401] = "unauthenticated",
  [403] = "forbidden",
  [494] = "headers-too-large",
  [503] = "upstream-unavailable",
}

local codes = {}
for code, known in pairs(problems) do
  codes[known.status] = code
end

for status, code in pairs(PREFERRED) do
  codes[status] = code
end

-- The members in the order in which the services write them, without blanks.
local DOCUMENT = '{"type":"/problems/%s","title":"%s","status":%d,"code":"%s","detail":"%s","request_id":"%s"}'

local PAGE = [[
<!doctype html>
<html lang="%s">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>%s</title>
<style>%s</style>
</head>
<body>
<main>
<h1>%s</h1>
<p>%s</p>
<p><a href="/">%s</a></p>
<p><small>%s %s · %s</small></p>
</main>
</body>
</html>
]]
local STYLE = ":root{color-scheme:light dark}body{margin:0;font:1rem/1.6 system-ui,sans-serif}"
              .. "main{max-width:36rem;margin:0 auto;padding:15vh 1.5rem}h1{font-size:1.5rem;line-height:1.3}"
local WORDS = {
  en = { home = "Back to the home page", id = "Request ID" },
  ko = { home = "홈으로", id = "요청 ID" },
}

-- The hash is of STYLE: nothing else is loaded or run.
local PAGE_POLICY = "default-src 'none'; style-src 'sha256-FSz4rwMZsyuMB15lT7yWutzcLXth6dkqDvdY1CjfA4k='; base-uri 'none'; "
                    .. "form-action 'none'; frame-ancestors 'none'"


-- By how much a header such as Accept prefers the best of `wanted` (a set of lower-case names); 0: it does not want any.
local function quality(header, wanted)
  local best = 0
  for item in gmatch(header, "[^,]+") do
    local name, parameters = item:match("^%s*([^;%s]+)(.*)$")
    if name and wanted[lower(name)] then
      local q = tonumber(parameters:match(";%s*[qQ]=([%d.]+)")) or 1
      best = q > best and q or best
    end
  end

  return best
end


local HTML = { ["text/html"] = true, ["application/xhtml+xml"] = true }
local JSON = { ["application/json"] = true, ["application/problem+json"] = true }


local function wants_page(accept)
  local html = quality(accept, HTML)
  return html > 0 and html >= quality(accept, JSON)
end


local function primary_tags(header)
  return (gsub(lower(header), "(%a+)%-[%w-]+", "%1"))
end


local function language_of(header)
  local tags = primary_tags(header)
  return quality(tags, { ko = true }) > quality(tags, { en = true }) and "ko" or "en"
end


-- The code of the problem that `status` stands for.
function _M.code_of(status)
  return codes[status] or "internal-error"
end


-- The status of the problem with this code, nil when there is none.
function _M.status_of(code)
  local known = problems[code]
  return known and known.status
end


-- The status, body and headers of a problem. `request`: id, accept and accept_language (strings or nil).
function _M.of(code, request)
  local known = problems[code]
  local status, id = known.status, request.id or ""
  local language = language_of(request.accept_language or "")
  local text = language == "ko" and known.ko or known
  local headers = {
    ["Cache-Control"] = "no-store",
    ["Content-Language"] = language,
    ["Vary"] = "Accept, Accept-Language",
  }
  if status == 401 then
    headers["WWW-Authenticate"] = "Bearer"

  elseif status == 429 or status == 503 then
    headers["Retry-After"] = "1"
  end

  if wants_page(request.accept or "") then
    headers["Content-Type"] = "text/html; charset=utf-8"
    headers["Content-Security-Policy"] = PAGE_POLICY
    local words = WORDS[language]
    return status, format(PAGE, language, text.title, STYLE, text.title, text.detail, words.home,
                          words.id, id, tostring(status)), headers
  end

  headers["Content-Type"] = "application/problem+json"
  return status, format(DOCUMENT, code, text.title, status, code, text.detail, id), headers
end


return _M
