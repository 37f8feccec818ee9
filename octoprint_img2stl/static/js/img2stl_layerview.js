(function (Img2Stl) {
    "use strict";

    const FARTHEST = 0.02; // of the view in which the print fills the picture
    const CLOSEST = 80;
    const STEP = 1.4; // of a button
    const REST_MS = 90; // until a view that moves is painted anew
    const FRAME_MS = 10; // of painting
    const FRAME_POINTS = 24000; // what a browser paints for them it does afterwards
    const NEAREST = 0.02; // mm, what is always left out
    const MADE_ANEW = 204; // there is nothing at this moment

    const hasCanvas = _.once(() => !!document.createElement("canvas").getContext("2d"));

    // A painting that goes on frame by frame: steps: generator, done: is called at its end.
    // Returns what ends it before.
    const paintSlowly = function (steps, done) {
        let frame = null;
        const go = function () {
            const until = performance.now() + FRAME_MS;
            let points = 0;
            while (points < FRAME_POINTS && performance.now() < until) {
                const step = steps.next();
                if (step.done) {
                    done();
                    return;
                }
                points += step.value;
            }
            frame = window.requestAnimationFrame(go);
        };
        go();
        return () => window.cancelAnimationFrame(frame);
    };

    // The layers of the G-code, seen from above, drawn from its lines.
    //
    // options: {result, layer: observables; layerText: what is said of the layer;
    // isWanted: whether it is looked at now}
    Img2Stl.LayerView = function (options) {
        const self = this;
        const {result, layer} = options;

        self.drawn = ko.observable(null); // the layer that is to be seen
        self.isLoading = ko.observable(false);
        self.hasFailed = ko.observable(false); // then there are pictures
        self.isUsable = ko.pureComputed(() => hasCanvas() && !self.hasFailed());
        self.summary = ko.observable(null);
        self.legend = new Img2Stl.LayerLegend(result, self.summary, self.drawn, layer);
        self.label = ko.pureComputed(() =>
            _.sprintf(
                gettext(
                    "%(layer)s. Plus and minus zoom, arrow keys move it, 0 shows all of it."
                ),
                {layer: options.layerText()}
            )
        );

        //~~ what the server has

        const urlOf = function (number) {
            const found = result();
            if (!found || !found.layer_data_url) return "";
            if (number < 1 || number > found.layers) return "";
            const url = Img2Stl.url(found.layer_data_url);
            return url.replace(/\{n\}|%7Bn%7D/i, String(number));
        };
        const store = new Img2Stl.LayerStore({
            got: function (url, data) {
                self.isLoading(false);
                self.drawn(data);
                repaint();
            },
            failed: function (url, status) {
                self.isLoading(false);
                if (status === MADE_ANEW) return; // the job's next result has its address
                log.info("Photo to print: no lines of this layer:", status);
                self.hasFailed(true);
            }
        });
        let before = 1;
        const wanted = ko.pureComputed(() =>
            options.isWanted() && self.isUsable() ? urlOf(Number(layer())) : ""
        );
        const want = function (url) {
            const number = Number(layer());
            const way = number < before ? -1 : 1;
            before = number;
            self.isLoading(!!url && !store.has(url));
            store.want(url, [urlOf(number + way), urlOf(number - way)].filter(Boolean));
        };
        wanted.subscribe(want);
        // tried again when one comes back
        ko.pureComputed(options.isWanted).subscribe(() => self.hasFailed(false));

        let summaryOf = "";
        const wantedSummary = ko.pureComputed(() =>
            options.isWanted() && result() ? Img2Stl.url(result().layers_url) : ""
        );
        wantedSummary.subscribe(function (url) {
            if (!url || url === summaryOf) return;
            summaryOf = url;
            self.summary(null);
            $.getJSON(url)
                .done(function (summary) {
                    if (url !== summaryOf) return;
                    self.summary(summary || null);
                    if (!summary) summaryOf = ""; // it is made anew
                })
                .fail(function (xhr) {
                    log.info("Photo to print: no legend of the layers:", xhr.status);
                    if (url === summaryOf) summaryOf = ""; // tried again
                });
        });

        // another job, or the same made anew
        self.forget = function () {
            stop();
            store.clear();
            self.drawn(null);
            self.hasFailed(false);
            self.legend.forget();
            [view, picture] = [null, null];
            if (canvas) {
                pen.clearRect(0, 0, canvas.width, canvas.height);
                delete canvas.dataset.layer;
            }
            want(wanted());
        };

        //~~ painting

        let canvas = null; // what is seen
        let pen = null;
        let canvases = []; // one is painted on while the other is shown
        let view = null;
        let picture = null; // {canvas, view}: the last that was finished
        let stop = () => undefined;

        const pixel = () => Math.min(3, window.devicePixelRatio || 1);
        const boxOf = function () {
            const {bounds, machine} = result();
            return bounds
                ? [bounds[0], bounds[1], bounds[3], bounds[4]]
                : [machine.x_min, machine.y_min, machine.x_max, machine.y_max];
        };
        const home = () => Img2Stl.viewAround(boxOf(), canvas.width, canvas.height);
        const canPaint = () => !!(canvas && canvas.width && result() && result().machine);

        const show = function () {
            if (picture) Img2Stl.paintPicture(pen, view, picture.canvas, picture.view);
        };
        const paint = function () {
            stop();
            if (!canPaint() || !self.drawn()) return;
            view = view || home();
            const what = {
                layer: self.drawn(),
                view: view,
                machine: result().machine,
                box: boxOf(),
                isShown: self.legend.shows,
                travel: self.legend.travel(),
                pixel: pixel()
            };
            const free = canvases.find((each) => !picture || each !== picture.canvas);
            free.width = canvas.width;
            free.height = canvas.height;
            const steps = Img2Stl.paintLayer(free.getContext("2d"), what);
            stop = paintSlowly(steps, function () {
                picture = {canvas: free, view: what.view};
                show();
                canvas.dataset.layer = String(what.layer.number + 1);
            });
        };
        const repaint = function () {
            later.cancel();
            paint();
        };
        const later = _.debounce(paint, REST_MS);
        self.legend.state.subscribe(repaint);

        //~~ the view

        const go = function (to) {
            const whole = home();
            const scale = Math.min(
                CLOSEST * whole.scale,
                Math.max(FARTHEST * whole.scale, to.scale)
            );
            if (scale !== to.scale) {
                const [x, y] = [to.width / 2, to.height / 2];
                to = Img2Stl.viewZoomed(to, scale / to.scale, x, y);
            }
            // the print's box stays in the picture
            const [x0, y0, x1, y1] = boxOf();
            const [wide, high] = [to.width / to.scale, to.height / to.scale];
            to.left = Math.min(x1 - wide / 4, Math.max(x0 - (3 * wide) / 4, to.left));
            to.top = Math.min(y1 + (3 * high) / 4, Math.max(y0 + high / 4, to.top));
            view = to;
            const isClose = view.scale > 1.01 * whole.scale;
            // of one finger: where all is seen it scrolls the page
            canvas.style.touchAction = isClose ? "none" : "pan-y";
            show();
            later();
        };
        const zoom = function (factor, x, y) {
            if (!view || !canPaint()) return;
            const scale = view.scale * factor;
            const whole = home();
            if (scale > CLOSEST * whole.scale || scale < FARTHEST * whole.scale) return;
            const at = x === undefined ? [view.width / 2, view.height / 2] : [x, y];
            go(Img2Stl.viewZoomed(view, factor, at[0], at[1]));
        };
        const move = function (x, y) {
            if (view && canPaint()) go(Img2Stl.viewMoved(view, x, y));
        };
        self.closer = () => zoom(STEP);
        self.farther = () => zoom(1 / STEP);
        self.reset = function () {
            if (view && canPaint()) go(home());
        };

        //~~ where it is

        const resize = function () {
            const width = Math.round(canvas.clientWidth * pixel());
            const height = Math.round(canvas.clientHeight * pixel());
            if (!width || !height) return;
            if (width === canvas.width && height === canvas.height) return;
            const whole = view && canPaint() ? home().scale : 0;
            const close = whole ? view.scale / whole : 1;
            canvas.width = width;
            canvas.height = height;
            if (whole) {
                const [x, y] = [view.left, view.top];
                view = $.extend(home(), close > 1.01 ? {left: x, top: y} : {});
                view.scale *= close > 1.01 ? close : 1;
                show();
            }
            repaint();
        };
        let watcher = null;
        self.attach = function (element) {
            if (!hasCanvas()) return;
            canvas = element;
            pen = canvas.getContext("2d");
            canvases = [0, 1].map(() => document.createElement("canvas"));
            Img2Stl.handle(canvas, {zoom: zoom, move: move, reset: self.reset});
            watcher = new ResizeObserver(resize);
            watcher.observe(canvas);
        };
        self.detach = function () {
            stop();
            if (watcher) watcher.disconnect();
            [canvas, pen, canvases, picture, view] = [null, null, [], null, null];
        };

        //~~ what is not to be seen

        self.leftOut = ko.pureComputed(function () {
            const data = self.drawn();
            if (!data) return [];
            return [
                data.cut &&
                    gettext(
                        "This layer is very large: only a part of its lines is drawn."
                    ),
                data.travel_left_out &&
                    gettext("This layer is very large: its travel is not drawn."),
                data.nearest > NEAREST &&
                    _.sprintf(
                        gettext(
                            "This layer is very large: details below %(size)s are not drawn."
                        ),
                        {size: Img2Stl.withUnit(data.nearest, gettext("mm"), 2)}
                    )
            ].filter(Boolean);
        });
    };

    ko.bindingHandlers.img2stlLayerView = {
        init: function (element, value) {
            const view = ko.unwrap(value());
            view.attach(element);
            ko.utils.domNodeDisposal.addDisposeCallback(element, view.detach);
        }
    };
})(window.Img2Stl);
