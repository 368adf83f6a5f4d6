/* Dealtrace: counts visits of this site. Two cookies: _ct names the visitor, _ct_session_id the visit. */
/* A page may have broken cookies, replaced functions and elements named like properties: each step stands by itself. */
(function (window, document) {
  "use strict";
  var SITE = {{siteId}}, RESPECTS = {{respects}}, VISIT_SECONDS = 1800, VISITOR_SECONDS = 7776000, LENGTH_MAX = {{addressMax}};
  var FILE = "/counter/" + SITE + ".js", encode = encodeURIComponent, decode = decodeURIComponent;
  var name = text(window.CalltouchDataObject) || "ct";
  var before = window[name], sessionId = null, isFirst = true, attrs = {}, home;
  if (before && before.dealtrace === SITE) { return; }

  function attempt(step) {
    try { return step(); } catch (fault) { return undefined; }
  }

  function text(value) {
    return typeof value === "string" ? value : "";
  }

  /* An element named "cookie" or "referrer" hides the property of the document; its prototype still has it. */
  function native(key) {
    return Object.getOwnPropertyDescriptor(Document.prototype, key);
  }

  function property(key) {
    return text(attempt(function () { return native(key).get.call(document); })) ||
      text(attempt(function () { return document[key]; }));
  }

  function listen(target, event, step) {
    attempt(function () { EventTarget.prototype.addEventListener.call(target, event, step); });
  }

  /* What the page states, the address of this file, wherever it can be found. */
  function find() {
    var found = stated(window.DealtraceServer), at;
    var steps = [
      function () { return stated(document.currentScript.getAttribute("data-server")); },
      function () { return document.currentScript.src; },
      function () { return document.querySelector('script[src*="' + FILE + '"]').src; },
      function () { return new Error().stack.match(/https?:\/\/[^\s()]*\/counter\/[^\s():]*/)[0]; },
      function () {
        var loaded = performance.getEntriesByType("resource"), entry = loaded.length;
        while (entry--) { if (is(loaded[entry].name)) { return loaded[entry].name; } }
      }
    ];
    for (at = 0; at < steps.length && !is(found); at++) { found = text(attempt(steps[at])); }
    return is(found) ? found.slice(0, found.indexOf(FILE)) + "/counter/visit" : "";
  }

  function stated(server) {
    return text(server) && (/^(https?:)?\//.test(server) ? "" : "https://") + server.replace(/\/*$/, FILE);
  }

  function is(address) {
    return text(address).split(/[?#]/)[0].slice(-FILE.length) === FILE;
  }

  function refuses() {
    return RESPECTS && (navigator.globalPrivacyControl === true || navigator.doNotTrack === "1");
  }

  function read(cookie) {
    var found = property("cookie").match("(?:^|; )" + cookie + "=([^;]*)");
    return found && attempt(function () { return decode(found[1]); }) || "";
  }

  function keep(cookie, value, seconds) {
    var words = cookie + "=" + value + ";path=/;max-age=" + seconds + ";samesite=lax" +
      (location.protocol === "https:" ? ";secure" : "");
    attempt(function () { native("cookie").set.call(document, words); });
  }

  function know(visit) {
    sessionId = visit;
    attempt(function () { window.call_value = visit; });
    keep("_ct_session_id", visit, VISIT_SECONDS);
  }

  function hit() {
    var visitor = read("_ct"), words = "siteId=" + SITE, request;
    function add(key, value) {
      words += attempt(function () { return "&" + key + "=" + encode(text(value).slice(0, LENGTH_MAX)); }) || "";
    }
    add("visitorId", visitor);
    add("url", location.href);
    add("referrer", isFirst ? property("referrer") : location.href);
    add("googleClientId", read("_ga").replace(/^.*\.(?=[^.]*\.[^.]*$)/, ""));
    add("yandexClientId", read("_ym_uid"));
    add("attrs", attempt(function () { return JSON.stringify(attrs); }));
    isFirst = false;
    function take(answer) {
      if (!answer.sessionId) { return; }
      /* A visitor whom another counter named keeps that counter's cookie. */
      if (answer.visitorId !== visitor || visitor.length < 17) { keep("_ct", answer.visitorId, VISITOR_SECONDS); }
      know(answer.sessionId);
    }
    attempt(function () {
      request = new XMLHttpRequest();
      request.open("POST", home);
      request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
      request.responseType = "json";
      request.onload = function () { attempt(function () { take(request.response); }); };
      request.send(words);
      return true;
    }) || attempt(function () {
      fetch(home, { method: "POST", body: new URLSearchParams(words), keepalive: true }).then(function (answer) {
        return answer.json();
      }).then(take)["catch"](function () {});
    });
  }

  function ct(command, argument) {
    var key, given;
    if (command === "calltracking_params") {
      given = { modId: argument === undefined ? String(SITE) : argument, siteId: SITE, sessionId: sessionId };
      return argument === undefined ? [given] : given;
    }
    if (command === "set_attrs") {
      given = attempt(function () { return typeof argument === "string" ? JSON.parse(argument) : argument; });
      for (key in given) { if (Object.prototype.hasOwnProperty.call(given, key)) { attrs[key] = given[key]; } }
      if (!isFirst && !refuses()) { hit(); }
    }
  }

  ct.callbacks = [];
  ct.loaded = true;
  ct.dealtrace = SITE;
  attempt(function () { window[name] = ct; });
  attempt(function () {
    for (var at = 0; at < before.callbacks.length; at++) { ct.apply(null, before.callbacks[at]); }
  });
  if (refuses()) { return; }
  home = find();
  if (!home) {
    attempt(function () {
      console.warn("Dealtrace: the counter does not know its server. Load it from https://YOUR-SERVER" + FILE +
        ' or set window.DealtraceServer = "https://YOUR-SERVER" before it.');
    });
    return;
  }

  function start() {
    var known = read("_ct_session_id");
    if (/^[1-9]\d{0,15}$/.test(known)) { know(Number(known)); }
    hit();
    listen(document, "visibilitychange", again);
    listen(window, "popstate", again);
  }

  /* A page that stays open outlives a visit: a visitor who comes back to it after that begins another. */
  function again() {
    if (document.visibilityState !== "hidden" && !read("_ct_session_id")) { hit(); }
  }

  if (document.prerendering === true) { listen(document, "prerenderingchange", start); } else { start(); }
})(window, document);
