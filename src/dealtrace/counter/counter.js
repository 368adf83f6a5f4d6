/* Dealtrace: counts visits of this site. Two cookies: _ct names the visitor, _ct_session_id the visit. */
/* A page may have broken cookies, replaced functions and elements named like properties: errors stop no other step. */
(function (window, document) {
  "use strict";
  var SITE = {{siteId}}, RESPECTS = {{respects}}, VISIT_SECONDS = 1800, VISITOR_SECONDS = 7776000, LENGTH_MAX = {{urlLengthMax}};
  var CODE = "{{code}}", NAMED = "{{named}}", FILE = NAMED ? "/init.js?id=" + NAMED : "/counter/" + SITE + ".js";
  var PLACE = NAMED ? "^([^?#]*)/init(?:-min)?\\.js\\?(?:[^#]*&)?id=" + NAMED + "(?:[&#]|$)" :
    "^([^?#]*)/counter/" + SITE + "\\.js(?:[?#]|$)";
  var decode = decodeURIComponent;
  /* A name may mean a frame of another origin, of which nothing can be read. */
  var name = attempt(function () { return text(window.CalltouchDataObject); }) || "ct";
  var before = attempt(function () { return window[name]; }), sessionId = null, isFirst = true, attrs = {}, server;
  if (attempt(function () { return before.dealtrace; }) === SITE) { return; }

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

  /* The server that the page states, or else the one this file comes from, found in the first way that works. */
  function find() {
    var found, at;
    var steps = [
      function () { return stated(window.DealtraceServer); },
      function () { return stated(document.currentScript.getAttribute("data-server")); },
      function () { return base(document.currentScript.src); },
      function () { return first(document.querySelectorAll("script[src]"), "src"); },
      function () { return first(new Error().stack.match(/https?:\/\/[^\s()]+?(?=:\d+:\d+)/g)); },
      function () { return first(performance.getEntriesByType("resource"), "name"); }
    ];
    for (at = 0; at < steps.length && typeof found !== "string"; at++) { found = attempt(steps[at]); }
    return found;
  }

  function stated(address) {
    return text(address) ? (/^(https?:)?\//.test(address) ? "" : "https://") + address.replace(/\/*$/, "") : undefined;
  }

  function base(address) {
    var found = text(address).match(PLACE);
    return found ? found[1] : undefined;
  }

  function first(found, key) {
    var at = found.length, server;
    while (at-- && server === undefined) { server = base(key ? found[at][key] : found[at]); }
    return server;
  }

  function refuses() {
    return RESPECTS && (attempt(function () { return navigator.globalPrivacyControl; }) === true ||
      attempt(function () { return navigator.doNotTrack; }) === "1");
  }

  function read(cookie) {
    return attempt(function () { return decode(property("cookie").match("(?:^|; )" + cookie + "=([^;]*)")[1]); }) || "";
  }

  function keep(cookie, value, seconds) {
    var words = cookie + "=" + value + ";path=/;max-age=" + seconds + ";samesite=lax" +
      (location.protocol === "https:" ? ";secure" : "");
    /* Old browsers keep the property in the document itself. */
    attempt(function () { document.cookie = words; });
    attempt(function () { native("cookie").set.call(document, words); });
  }

  function set(key, value) {
    attempt(function () { window[key] = value; });
  }

  function know(visit) {
    var isNew = visit !== sessionId;
    sessionId = visit;
    set("call_value", visit);
    set("call_value_" + SITE, visit);
    set("call_value_" + CODE, visit);
    keep("_ct_session_id", visit, VISIT_SECONDS);
    if (isNew) { attempt(function () { window.onSessionCallValue(visit, ""); }); }
  }

  /* A text that was cut within an emoji cannot be encoded as it is. */
  function encode(words) {
    return encodeURIComponent(words.toWellFormed ? words.toWellFormed() : words);
  }

  function pair(key, value, most) {
    if (typeof value === "number" || value === true) { value = "" + value; }
    return attempt(function () { return "&" + key + "=" + encode(text(value).slice(0, most || LENGTH_MAX)); }) || "";
  }

  /* Calls `done` with the status and the parsed body of the answer, or with 0 and null if there is no answer. */
  function post(path, words, done, isSync) {
    /* A page that wraps requests, and old browsers, answer with text whatever type was asked for. */
    function answer(status, body) {
      if (text(body)) { body = attempt(function () { return JSON.parse(body); }); }
      attempt(function () { done(status, body); });
    }
    attempt(function () {
      var request = new XMLHttpRequest();
      request.open("POST", server + path, !isSync);
      request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
      if (!isSync) { request.responseType = "json"; }
      request.onload = function () { answer(request.status, request.response); };
      request.onerror = request.onabort = function () { answer(0, null); };
      request.send(words);
      return true;
    }) || attempt(function () {
      var status = 0;
      fetch(server + path, { method: "POST", body: new URLSearchParams(words), keepalive: true }).then(function (reply) {
        status = reply.status;
        return reply.json();
      }).then(function (body) { answer(status, body); })["catch"](function () { answer(0, null); });
      return true;
    }) || answer(0, null);
  }

  function hit() {
    var visitor = read("_ct"), words = "siteId=" + SITE +
      pair("visitorId", visitor) +
      pair("url", location.href) +
      pair("referrer", isFirst ? property("referrer") : location.href) +
      pair("googleClientId", attempt(function () { return read("_ga").replace(/^.*\.(?=[^.]*\.[^.]*$)/, ""); })) +
      pair("yandexClientId", read("_ym_uid")) +
      pair("attrs", attempt(function () { return JSON.stringify(attrs); }));
    isFirst = false;
    post("/counter/visit", words, function (status, answer) {
      if (!answer.sessionId) { return; }
      /* A visitor whom another counter named keeps that counter's cookie. */
      if (answer.visitorId !== visitor || visitor.length < 17) { keep("_ct", answer.visitorId, VISITOR_SECONDS); }
      know(answer.sessionId);
    });
  }

  /* A form of the callback widget becomes a lead request; fields that do not describe the client become its comment. */
  function createRequest(routeKey, phone, fields, callback, scheduleTime, tags, unitId, last) {
    var words = pair("subject", routeKey, 256) + pair("phoneNumber", phone), client = {}, lines = [];
    if (typeof fields === "function") { callback = fields; fields = null; }
    function note(name, value, type) {
      var known = /@/.test(value) ? "email" : type === "name" || /^(name|fio|\u0438\u043c\u044f|\u0444\u0438\u043e)$/i.test(name) ? "fio" : "";
      if (known && !client[known]) { client[known] = value; }
      else if (value || value === 0) { lines[lines.length] = name + ": " + value; }
    }
    function each(list, key) {
      attempt(function () {
        var at, field;
        for (at in list) {
          if (!Object.prototype.hasOwnProperty.call(list, at)) { continue; }
          field = list[at];
          if (field && typeof field === "object") { note(field[key], field.value, field.type); } else { note(at, field); }
        }
      });
    }
    each(fields, "name");
    if (typeof last === "object") { each(last, "field"); }
    if (scheduleTime) { lines[lines.length] = "scheduleTime: " + scheduleTime; }
    words += pair("fio", client.fio, 256) + pair("email", client.email, 320) + pair("comment", joined(lines, "\n"), 10000);
    words += pair("tags", joined(tags, ",")) + pair("sessionId", sessionId) + pair("requestUrl", location.href);
    function answer(isDone, content) { attempt(function () { callback(isDone, content); }); }
    function refuse(type, message, details) {
      answer(false, { type: type || "unknown_error", message: message || "no answer came", details: details || {} });
    }
    if (typeof server !== "string") { return refuse("", "the counter does not know its server"); }
    post("/calls-service/RestAPI/requests/" + SITE + "/register/", words, function (status, body) {
      if (status === 200 && body) { return answer(true, { callbackRequestId: body.requestId }); }
      refuse({ 400: "validation_error", 429: "request_throttle_count" }[status], body && body.message, body && body.data && body.data.validationErrorData);
    }, last === true);
  }

  function joined(list, separator) {
    var words = "", at, item;
    if (typeof list === "string") { return list; }
    for (at = 0; list && at < list.length; at++) {
      item = list[at] && typeof list[at] === "object" ? list[at].tag : list[at];
      words += (at ? separator : "") + item;
    }
    return words;
  }

  /* There is no widget, so its form may always be shown. */
  function getRouteKeyData(routeKey, callback) {
    var data = { callCenterWorkingMode: "working_hours", collectNonWorkingRequests: true, isNeedTwoFactorRequest: false };
    data.widgetId = null;
    attempt(function () { callback(true, { widgetFound: true, widgetData: data }); });
  }

  function offer(key) {
    attempt(function () {
      var widget = attempt(function () { return window[key].window === window[key] ? undefined : window[key]; });
      if (!widget || typeof widget !== "object") { window[key] = widget = {}; }
      if (!widget.createRequest) { widget.createRequest = createRequest; }
      if (!widget.getRouteKeyData) { widget.getRouteKeyData = getRouteKeyData; }
    });
  }

  /* Phone numbers on pages are not replaced, so there is no number to return. */
  function params(modId) {
    var given = { modId: modId, siteId: SITE, sessionId: sessionId };
    attempt(function () { Object.defineProperty(given, "phone", { value: "" }); });
    return given;
  }

  function ct(command, argument) {
    var key, given, at;
    if (command === "calltracking_params") {
      if (argument !== undefined) { return params(argument); }
      given = params(NAMED || String(SITE));
      key = [given];
      key.sessionId = sessionId;
      key.phone = "";
      return key;
    }
    /* A function that subscribes to an event is not called, since the page would take the call for the event. */
    if (command === "modules" && arguments[2] !== "subscribeToEvent" && arguments[2] !== "goalObserver") {
      for (at = 1; at < arguments.length; at++) {
        given = arguments[at];
        if (typeof given === "function") { attempt(function () { given({ error: true }); }); }
      }
    }
    if (command === "set_attrs") {
      given = attempt(function () { return typeof argument === "string" ? JSON.parse(argument) : argument; });
      attempt(function () {
        for (key in given) { if (Object.prototype.hasOwnProperty.call(given, key)) { attrs[key] = given[key]; } }
      });
      if (!isFirst && !refuses()) { hit(); }
    }
  }

  ct.callbacks = [];
  ct.loaded = true;
  ct.dealtrace = SITE;
  attempt(function () { window[name] = ct; });
  attempt(function () {
    function take(words) { attempt(function () { ct.apply(null, words); }); }
    for (var at = 0; at < before.callbacks.length; at++) { take(before.callbacks[at]); }
  });
  server = find();
  offer("ctw");
  offer("ctw_" + SITE);
  offer("ctw_" + CODE);
  if (refuses()) { return; }
  if (typeof server !== "string") {
    attempt(function () {
      console.warn("Dealtrace: the counter does not know its server. Load https://YOUR-SERVER" + FILE +
        ' or set window.DealtraceServer = "https://YOUR-SERVER" before it.');
    });
    return;
  }

  function start() {
    var known = read("_ct_session_id");
    if (/^[1-9]\d{0,15}$/.test(known)) { know(+known); }
    hit();
    listen(document, "visibilitychange", again);
    listen(window, "popstate", again);
  }

  /* A page can stay open after a visit has ended; a visitor who then comes back to the page begins another visit. */
  function again() {
    if (attempt(function () { return document.visibilityState; }) !== "hidden" && !read("_ct_session_id")) { hit(); }
  }

  if (attempt(function () { return document.prerendering; }) === true) { listen(document, "prerenderingchange", start); } else { start(); }
})(window, document);
