(function (Img2Stl) {
    "use strict";

    // Whether an endpoint's address can be used, said while it is typed. The server looks
    // again, and at the address that a name stands for as well.

    const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

    const isHere = (host) =>
        host === "localhost" || host === "[::1]" || /^127\./.test(host);

    // private, link-local or shared (RFC 1918, 3927, 6598, 4193)
    const isNear = function (host) {
        const parts = IPV4.exec(host);
        if (!parts) return /^\[(f[cd]|fe[89ab])/.test(host);
        const [a, b] = [Number(parts[1]), Number(parts[2])];
        return (
            a === 10 ||
            (a === 172 && b >= 16 && b < 32) ||
            (a === 192 && b === 168) ||
            (a === 169 && b === 254) ||
            (a === 100 && b >= 64 && b < 128)
        );
    };

    const parsed = function (text) {
        if (!/^https?:\/\/[^\s]+$/i.test(text)) return null;
        try {
            return new URL(text);
        } catch (error) {
            return null;
        }
    };

    // scheme, host and port, which a key is bound to; empty for what is no address
    Img2Stl.originOf = function (text) {
        const url = parsed(String(text).trim());
        return url ? url.origin : "";
    };

    // {problem: text or "", note: text}
    Img2Stl.checkAddress = function (text) {
        const trimmed = String(text).trim();
        if (!trimmed) return {problem: "", note: ""};
        const url = parsed(trimmed);
        if (!url) {
            return {
                problem: gettext(
                    "Write the whole address, such as http://192.168.1.20:8081 or https://example.org."
                ),
                note: ""
            };
        }
        if (url.username || url.password || url.search || url.hash) {
            return {
                problem: gettext(
                    "Leave out user name, question mark and number sign; the key has its own field."
                ),
                note: ""
            };
        }
        const host = url.hostname;
        if (url.protocol === "https:") {
            return {problem: "", note: gettext("What is sent is encrypted on its way.")};
        }
        if (isHere(host)) {
            return {problem: "", note: gettext("This is the machine OctoPrint runs on.")};
        }
        const unencrypted = gettext(
            "Photos and key travel unencrypted: others in your network can read them."
        );
        if (isNear(host)) return {problem: "", note: unencrypted};
        if (IPV4.test(host) || host.startsWith("[")) {
            return {
                problem: gettext(
                    "This address is outside of your network, where only https is safe enough."
                ),
                note: ""
            };
        }
        return {problem: "", note: unencrypted};
    };
})(window.Img2Stl);
