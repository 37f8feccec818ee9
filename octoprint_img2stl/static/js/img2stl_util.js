// The name through which the files of this tab find each other.
window.Img2Stl = window.Img2Stl || {};

(function (Img2Stl) {
    "use strict";

    //~~ numbers and units, written the way the page's language does

    Img2Stl.number = function (value, digits) {
        if (value === null || value === undefined || !isFinite(value)) return "-";
        return Number(value).toLocaleString(LOCALE.replace("_", "-"), {
            maximumFractionDigits: digits === undefined ? 1 : digits
        });
    };

    Img2Stl.withUnit = function (value, unit, digits) {
        const text = Img2Stl.number(value, digits);
        return unit ? _.sprintf("%s %s", text, unit) : text;
    };

    Img2Stl.size = function (size) {
        if (!size) return "-";
        return _.sprintf(gettext("%(width)s × %(depth)s × %(height)s mm"), {
            width: Img2Stl.number(size[0]),
            depth: Img2Stl.number(size[1]),
            height: Img2Stl.number(size[2])
        });
    };

    Img2Stl.duration = function (seconds) {
        if (seconds === null || seconds === undefined) return "-";
        const minutes = Math.max(1, Math.round(seconds / 60));
        if (minutes < 60) {
            return _.sprintf(gettext("%(minutes)d min"), {minutes: minutes});
        }
        return _.sprintf(gettext("%(hours)d h %(minutes)d min"), {
            hours: Math.floor(minutes / 60),
            minutes: minutes % 60
        });
    };

    Img2Stl.filament = function (length, grams) {
        if (!length) return "-";
        const values = {
            metres: Img2Stl.number(length / 1000, 2),
            grams: Img2Stl.number(grams)
        };
        return grams
            ? _.sprintf(gettext("%(metres)s m, %(grams)s g"), values)
            : _.sprintf(gettext("%(metres)s m"), values);
    };

    //~~ talking to the server

    // addresses in the server's answers are relative to OctoPrint's root
    Img2Stl.url = function (url) {
        if (!url) return "";
        return /^(\/|https?:)/.test(url) ? url : BASEURL + url;
    };

    // a request that failed, as one problem; without an answer of ours a sentence of our own
    Img2Stl.failure = function (xhr) {
        const answer = (xhr && xhrErrorJson(xhr)) || {};
        const problem = answer.problem || {};
        const fallback = function () {
            const status = xhr ? xhr.status : 0;
            if (status === 403) {
                return gettext("You do not have the permission for that.");
            }
            if (status === 413) {
                return gettext("That is more than the server takes.");
            }
            if (!status) {
                return gettext(
                    "OctoPrint did not answer. Check the connection and try again."
                );
            }
            return _.sprintf(gettext("OctoPrint answered with error %(status)d."), {
                status: status
            });
        };
        return {
            code: problem.code || "",
            severity: problem.severity || "error",
            message: problem.message || answer.error || fallback(),
            field: problem.field || null,
            suggest: problem.suggest === undefined ? null : problem.suggest,
            status: xhr ? xhr.status : 0
        };
    };

    Img2Stl.problem = function (message, field, suggest) {
        return {
            code: "",
            severity: "error",
            message: message,
            field: field || null,
            suggest: suggest === undefined ? null : suggest
        };
    };

    Img2Stl.notify = function (type, title, text) {
        new PNotify({
            title: title,
            text: text,
            type: type,
            title_escape: true,
            text_escape: true
        });
    };

    //~~ small things for view models

    // One inline "are you sure?" at a time in a list of rows. The keyboard goes to its first
    // button and, when it is dismissed, back to where it came from.
    // rowOf: id -> selector of the row; asker: selector of the button in the row
    Img2Stl.Confirmation = function (rowOf, asker) {
        const self = this;
        self.asked = ko.observable(null);
        self.ask = function (id) {
            self.asked(id);
            Img2Stl.focus(rowOf(id) + " .img2stl-confirm button");
        };
        self.forget = function () {
            self.asked(null);
        };
        self.dismiss = function () {
            const id = self.asked();
            self.forget();
            Img2Stl.focus(rowOf(id) + " " + asker);
        };
        self.dismissByEscape = function (data, event) {
            if (event.key !== "Escape") return true;
            self.dismiss();
            return false;
        };
        self.isAsked = function (id) {
            return self.asked() === id;
        };
    };

    // Rows of a list that survive news about them, and with them the focus inside:
    // each is {id, data: observable}, drawn with `using: data`.
    Img2Stl.Rows = function () {
        const self = this;
        self.rows = ko.observableArray([]);
        self.items = ko.pureComputed(() => self.rows().map((row) => row.data()));

        const find = (id) => self.rows.peek().find((row) => row.id === id);
        const newRow = (item) => ({id: item.id, data: ko.observable(item)});

        self.take = function (items) {
            self.rows(
                items.map(function (item) {
                    const row = find(item.id);
                    if (!row) return newRow(item);
                    row.data(item);
                    return row;
                })
            );
        };
        // adds a new one on top, or what is new about a known one
        self.put = function (item) {
            const row = find(item.id);
            if (row) {
                row.data($.extend({}, row.data(), item));
            } else {
                self.rows.unshift(newRow(item));
            }
        };
        self.drop = function (id) {
            self.rows.remove((row) => row.id === id);
        };
        self.get = function (id) {
            const row = find(id);
            return row ? row.data() : null;
        };
    };

    // moves the keyboard's focus once Knockout has drawn the element
    Img2Stl.focus = function (selector) {
        window.setTimeout(function () {
            const element = document.querySelector(selector);
            if (element) element.focus({preventScroll: true});
        }, 0);
    };
})(window.Img2Stl);
