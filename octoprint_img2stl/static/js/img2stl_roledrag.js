(function (Img2Stl) {
    "use strict";

    const TAB = "#tab_plugin_img2stl";
    const MOVED_PX = 8; // less is a press
    const EDGE_PX = 70; // of the window, where it scrolls
    const SCROLL_PX = 14;

    // Carries a photo to the place of another side with the pointer, a finger included.
    //
    // dropped: gets the photo's number and the role of the place
    Img2Stl.RoleDrag = function (dropped) {
        const self = this;
        self.number = ko.observable(null); // of the photo that is carried
        self.over = ko.observable(null); // role of the place that it is over

        const roleAt = function (x, y) {
            const element = document.elementFromPoint(x, y);
            const place = element && element.closest(TAB + " [data-role]");
            return place ? place.dataset.role : null;
        };
        const ghostOf = function (element) {
            const image = element.closest("[data-photo]").querySelector("img");
            const ghost = image.cloneNode();
            ghost.removeAttribute("data-bind");
            ghost.className = "img2stl-ghost";
            document.querySelector(TAB + " .img2stl").appendChild(ghost);
            return ghost;
        };

        // byTouch: whether a finger may start it here, where it then does not scroll
        self.start = function (number, byTouch, event) {
            const pointer = event.originalEvent;
            if (pointer.button > 0) return true;
            if (pointer.pointerType === "touch" && !byTouch) return true;
            const element = event.currentTarget;
            let ghost = null;

            const onMove = function (ev) {
                if (ev.pointerId !== pointer.pointerId) return;
                const far = Math.hypot(
                    ev.clientX - pointer.clientX,
                    ev.clientY - pointer.clientY
                );
                if (!ghost && far < MOVED_PX) return;
                if (!ghost) {
                    ghost = ghostOf(element);
                    self.number(number);
                }
                ev.preventDefault();
                ghost.style.left = ev.clientX + "px";
                ghost.style.top = ev.clientY + "px";
                if (ev.clientY < EDGE_PX) window.scrollBy(0, -SCROLL_PX);
                if (ev.clientY > window.innerHeight - EDGE_PX) {
                    window.scrollBy(0, SCROLL_PX);
                }
                self.over(roleAt(ev.clientX, ev.clientY));
            };
            const end = function () {
                element.removeEventListener("pointermove", onMove);
                element.removeEventListener("pointerup", onUp);
                element.removeEventListener("pointercancel", end);
                document.removeEventListener("keydown", onKey);
                if (ghost) ghost.remove();
                ghost = null;
                self.number(null);
                self.over(null);
            };
            const onUp = function (ev) {
                if (ev.pointerId !== pointer.pointerId) return;
                const role = ghost && roleAt(ev.clientX, ev.clientY);
                end();
                if (role) dropped(number, role);
            };
            const onKey = function (ev) {
                if (ev.key === "Escape") end();
            };
            element.setPointerCapture(pointer.pointerId);
            element.addEventListener("pointermove", onMove);
            element.addEventListener("pointerup", onUp);
            element.addEventListener("pointercancel", end);
            document.addEventListener("keydown", onKey);
            // keeps a mouse from selecting text; a press on the picture does nothing else
            return false;
        };
    };
})(window.Img2Stl);
