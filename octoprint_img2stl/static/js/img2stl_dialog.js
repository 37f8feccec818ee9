(function (Img2Stl) {
    "use strict";

    const FOCUSABLE =
        "a[href], button, input, select, textarea, summary, [tabindex='0']";
    const TAB = 9;
    const ESCAPE = 27;

    // A dialog over OctoPrint's page. The keyboard stays in it, and goes back to where it was.
    //
    // selector: of the Bootstrap modal; what: {escape: whether that key was for something
    // inside of it, closed: called afterwards}
    Img2Stl.Dialog = function (selector, what) {
        const self = this;
        self.isOpen = ko.observable(false);
        let opener = null;
        let closes = false; // whether the key that is held down is to close it

        // focus: selector of what gets the keyboard
        self.open = function (focus) {
            if (!self.isOpen()) {
                opener = document.activeElement;
                $(selector)
                    .off(".img2stl")
                    .on("keydown.img2stl", onKeyDown)
                    .on("keyup.img2stl", onKeyUp)
                    .on("hidden.img2stl", onHidden)
                    .modal({backdrop: "static", attentionAnimation: ""});
                self.isOpen(true);
            }
            if (focus) Img2Stl.focus(focus);
        };
        self.close = () => $(selector).modal("hide");

        const onHidden = function (event) {
            if (event.target !== event.currentTarget) return;
            self.isOpen(false);
            if (what.closed) what.closed();
            // Bootstrap has a last word on the focus
            window.setTimeout(function () {
                if (opener && opener.offsetParent) opener.focus();
                opener = null;
            }, 0);
        };
        const onKeyDown = function (event) {
            if (event.which === TAB) stayInside(event);
            if (event.which !== ESCAPE) return;
            closes = !what.escape || !what.escape();
            if (!closes) event.preventDefault();
        };
        // Bootstrap closes at this one; it may have been pressed in a dialog above
        const onKeyUp = function (event) {
            if (event.which !== ESCAPE) return;
            if (!closes) event.stopImmediatePropagation();
            closes = false;
        };
        const stayInside = function (event) {
            const all = Array.from(event.currentTarget.querySelectorAll(FOCUSABLE)).filter(
                (each) => !each.disabled && each.tabIndex >= 0 && each.offsetParent
            );
            const end = event.shiftKey ? all[0] : all[all.length - 1];
            const other = event.shiftKey ? all[all.length - 1] : all[0];
            const outermost =
                event.target === end || (event.shiftKey && event.target === event.currentTarget);
            if (!outermost || !other) return;
            event.preventDefault();
            other.focus();
        };
    };
})(window.Img2Stl);
