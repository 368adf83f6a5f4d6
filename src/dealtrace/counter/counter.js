/* Dealtrace: counts visits of this site. Two cookies: _ct names the visitor, _ct_session_id the visit. */
(function (window, document) {
  "use strict";
  var SITE = {{siteId}}, RESPECTS = {{respects}}, VISIT_SECONDS = 1800, VISITOR_SECONDS = 7776000;
  var own = document.currentScript || document.querySelector('script[src*="/counter/' + SITE + '.js"]');
  var home = own.src.replace(/\/counter\/[^/]*$/, "/counter/visit");
  var name = window.CalltouchDataObject || "ct";
  var earlier = (window[name] && window[name].callbacks) || [];
  var sessionId = null, isFirst = true, attrs = {};

  function refuses() {
    return RESPECTS && (navigator.globalPrivacyControl === true || navigator.doNotTrack === "1");
  }

  function read(cookie) {
    var found = document.cookie.match("(?:^|; )" + cookie + "=([^;]*)");
    return found ? decodeURIComponent(found[1]) : "";
  }

  function keep(cookie, value, seconds) {
    document.cookie = cookie + "=" + value + ";path=/;max-age=" + seconds + ";samesite=lax" +
      (location.protocol === "https:" ? ";secure" : "");
  }

  function know(visit) {
    sessionId = window.call_value = visit;
    keep("_ct_session_id", visit, VISIT_SECONDS);
  }

  function hit() {
    var told = {
      siteId: SITE, visitorId: read("_ct"), url: location.href,
      referrer: isFirst ? document.referrer : location.href,
      googleClientId: read("_ga").split(".").slice(-2).join("."), yandexClientId: read("_ym_uid"),
      attrs: JSON.stringify(attrs)
    };
    var words = [], key, request = new XMLHttpRequest();
    for (key in told) { words.push(key + "=" + encodeURIComponent(told[key])); }
    isFirst = false;
    request.open("POST", home);
    request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    request.onload = function () {
      var answer;
      try { answer = JSON.parse(request.responseText); } catch (fault) { return; }
      if (request.status !== 200 || !answer.sessionId) { return; }
      keep("_ct", answer.visitorId, VISITOR_SECONDS);
      know(answer.sessionId);
    };
    request.send(words.join("&"));
  }

  function ct(command, argument) {
    var key, told;
    if (command === "calltracking_params") {
      told = { modId: argument === undefined ? String(SITE) : argument, siteId: SITE, sessionId: sessionId };
      return argument === undefined ? [told] : told;
    }
    if (command === "set_attrs") {
      try { told = typeof argument === "string" ? JSON.parse(argument) : argument; } catch (fault) { return; }
      for (key in told) { attrs[key] = told[key]; }
      if (!isFirst && !refuses()) { hit(); }
    }
  }

  ct.callbacks = [];
  ct.loaded = true;
  window[name] = ct;
  earlier.forEach(function (words) { ct.apply(null, words); });
  if (refuses()) { return; }

  function start() {
    var known = Number(read("_ct_session_id"));
    if (known) { know(known); }
    hit();
    document.addEventListener("visibilitychange", again);
    window.addEventListener("popstate", again);
  }

  /* A page that stays open outlives a visit: whoever comes back to it after that begins another. */
  function again() {
    if (document.visibilityState === "visible" && !read("_ct_session_id")) { hit(); }
  }

  if (document.prerendering) { document.addEventListener("prerenderingchange", start, { once: true }); } else { start(); }
})(window, document);
