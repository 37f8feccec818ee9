(function (Img2Stl) {
    "use strict";

    const ALL = [0, 0, 1, 1]; // left, top, right, bottom as fractions of the turned photo
    const SMALLEST = 0.05; // of a side
    const KEY_STEP = 0.01;
    const KEY_STEP_BIG = 0.05;
    const TALLEST_PX = 440;

    const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
    const round = (value) => Math.round(value * 1e4) / 1e4;

    // moves the sides that `edges` names ("n", "se", …; "all" moves the frame) by dx, dy
    const moved = function (box, edges, dx, dy) {
        let [left, top, right, bottom] = box;
        if (edges === "all") {
            dx = clamp(dx, -left, 1 - right);
            dy = clamp(dy, -top, 1 - bottom);
            return [left + dx, top + dy, right + dx, bottom + dy].map(round);
        }
        if (edges.includes("w")) left = clamp(left + dx, 0, right - SMALLEST);
        if (edges.includes("e")) right = clamp(right + dx, left + SMALLEST, 1);
        if (edges.includes("n")) top = clamp(top + dy, 0, bottom - SMALLEST);
        if (edges.includes("s")) bottom = clamp(bottom + dy, top + SMALLEST, 1);
        return [left, top, right, bottom].map(round);
    };

    const WHOLE = {turn_deg: 0, crop: null};

    // How each photo of the job is turned and cropped. What is shown, and changed, is the one
    // that is selected in the strip of photos.
    Img2Stl.Crop = function (root) {
        const self = this;
        const laid = ko.observable({}); // by the photo's number
        const of = (number) => laid()[number] || WHOLE;
        const change = (what) =>
            laid(
                $.extend({}, laid(), {
                    [photos.number()]: $.extend({}, of(photos.number()), what)
                })
            );
        const photos = root.photos;

        self.turnDeg = ko.pureComputed({
            read: () => of(photos.number()).turn_deg,
            write: (turn) => change({turn_deg: turn})
        });
        self.box = ko.pureComputed({
            read: () => of(photos.number()).crop || ALL,
            write: (box) => change({crop: _.isEqual(box, ALL) ? null : box})
        });
        self.image = ko.observable(null);
        self.imageFailed = ko.observable(false);

        self.isWhole = ko.pureComputed(() => _.isEqual(self.box(), ALL));

        // pixels of the turned photo
        self.sizePx = ko.pureComputed(function () {
            const size = photos.selected() && photos.selected().sizePx;
            if (!size) return null;
            return self.turnDeg() % 180 === 0 ? size : [size[1], size[0]];
        });
        self.croppedPx = ko.pureComputed(function () {
            const size = self.sizePx();
            if (!size) return null;
            const [left, top, right, bottom] = self.box();
            return [
                Math.max(1, Math.round(size[0] * (right - left))),
                Math.max(1, Math.round(size[1] * (bottom - top)))
            ];
        });
        self.sizeText = ko.pureComputed(function () {
            const size = self.sizePx();
            const cropped = self.croppedPx();
            if (!size || !cropped) return "";
            const values = {
                width: Img2Stl.number(cropped[0]),
                height: Img2Stl.number(cropped[1]),
                whole_width: Img2Stl.number(size[0]),
                whole_height: Img2Stl.number(size[1])
            };
            if (self.isWhole()) {
                return _.sprintf(gettext("%(width)s × %(height)s pixels"), values);
            }
            return _.sprintf(
                gettext(
                    "%(width)s × %(height)s of %(whole_width)s × %(whole_height)s pixels"
                ),
                values
            );
        });

        self.toJson = () => of(photos.FIRST);
        self.othersToJson = () =>
            photos
                .others()
                .map((photo) => $.extend({number: photo.number}, of(photo.number)));
        self.fromJson = function (first, others) {
            const all = {};
            [$.extend({}, first, {number: photos.FIRST})]
                .concat(others || [])
                .forEach(function (photo) {
                    all[photo.number] = {
                        turn_deg: photo.turn_deg || 0,
                        crop: photo.crop || null
                    };
                });
            laid(all);
        };
        self.reset = function () {
            self.box(ALL);
        };
        self.turnRight = function () {
            const [left, top, right, bottom] = self.box();
            self.box([1 - bottom, left, 1 - top, right].map(round));
            self.turnDeg((self.turnDeg() + 90) % 360);
        };
        self.turnLeft = function () {
            const [left, top, right, bottom] = self.box();
            self.box([top, 1 - right, bottom, 1 - left].map(round));
            self.turnDeg((self.turnDeg() + 270) % 360);
        };

        //~~ the picture on the page

        self.stageStyle = ko.pureComputed(function () {
            const size = self.sizePx();
            if (!size) return {};
            return {maxWidth: Math.round((TALLEST_PX * size[0]) / size[1]) + "px"};
        });
        self.boxStyle = ko.pureComputed(function () {
            const [left, top, right, bottom] = self.box();
            return {
                left: 100 * left + "%",
                top: 100 * top + "%",
                width: 100 * (right - left) + "%",
                height: 100 * (bottom - top) + "%"
            };
        });

        const url = ko.pureComputed(() => photos.selected() && photos.selected().url);
        const load = function (wanted) {
            self.image(null);
            self.imageFailed(false);
            if (!wanted) return;
            const image = new Image();
            image.onload = function () {
                if (wanted === url()) self.image(image);
            };
            image.onerror = function () {
                if (wanted === url()) self.imageFailed(true);
            };
            image.src = wanted;
        };
        url.subscribe(load);

        ko.computed(function () {
            const image = self.image();
            const turn = self.turnDeg();
            const canvas = document.getElementById("img2stl_photo_canvas");
            if (!image || !canvas) return;
            const upright = turn % 180 === 0;
            canvas.width = upright ? image.naturalWidth : image.naturalHeight;
            canvas.height = upright ? image.naturalHeight : image.naturalWidth;
            const context = canvas.getContext("2d");
            context.translate(canvas.width / 2, canvas.height / 2);
            context.rotate((turn * Math.PI) / 180);
            context.drawImage(image, -image.naturalWidth / 2, -image.naturalHeight / 2);
        });

        //~~ the frame and its handles, by pointer and by arrow keys

        self.handles = [
            {edges: "nw", label: gettext("Upper left corner of the crop")},
            {edges: "n", label: gettext("Upper edge of the crop")},
            {edges: "ne", label: gettext("Upper right corner of the crop")},
            {edges: "e", label: gettext("Right edge of the crop")},
            {edges: "se", label: gettext("Lower right corner of the crop")},
            {edges: "s", label: gettext("Lower edge of the crop")},
            {edges: "sw", label: gettext("Lower left corner of the crop")},
            {edges: "w", label: gettext("Left edge of the crop")}
        ];
        const frame = {edges: "all"};

        self.startDrag = function (handle, event) {
            const stage = $(event.currentTarget).closest(".img2stl-stage")[0];
            const box = self.box();
            event.stopPropagation();
            return Img2Stl.drag(event, stage, [0, 0], (dx, dy) =>
                self.box(moved(box, handle.edges, dx, dy))
            );
        };
        self.startFrameDrag = (data, event) => self.startDrag(frame, event);

        self.moveByKey = function (handle, event) {
            const step = event.shiftKey ? KEY_STEP_BIG : KEY_STEP;
            const by = {
                ArrowLeft: [-step, 0],
                ArrowRight: [step, 0],
                ArrowUp: [0, -step],
                ArrowDown: [0, step]
            }[event.key];
            if (!by) return true;
            event.stopPropagation();
            self.box(moved(self.box(), handle.edges, by[0], by[1]));
            return false;
        };
        self.moveFrameByKey = (data, event) => self.moveByKey(frame, event);
    };
})(window.Img2Stl);
