(function (Img2Stl) {
    "use strict";

    const PREVIEW_AFTER_MS = 250;
    const PREVIEW_AT_LATEST_MS = 750; // while a slider is still being moved
    const SUPERSEDED = "jobs.superseded";
    // JSON objects come without an order
    const ROUTES = ["relief", "lithophane"];
    const ROUTE_ICONS = {relief: "fas fa-mountain", lithophane: "fas fa-lightbulb"};

    Img2Stl.Shape = function (root) {
        const self = this;
        self.crop = root.photo.crop;
        self.viewer = new Img2Stl.Viewer(root);

        const state = ko.pureComputed(() => root.state() || {});
        const limits = ko.pureComputed(
            () => (state().limits && state().limits.fields) || {}
        );
        //~~ route

        self.route = ko.observable("relief");
        self.routes = ko.pureComputed(() =>
            _.sortBy(
                _.map(state().routes || {}, (route, name) => ({
                    name: name,
                    label: route.label,
                    description: route.description,
                    testId: "img2stl-route-" + name,
                    icon: ROUTE_ICONS[name] || "fas fa-cube"
                })),
                (route) => _.indexOf(ROUTES, route.name) + 1 || ROUTES.length + 1
            )
        );
        self.isLithophane = ko.pureComputed(() => self.route() === "lithophane");

        self.relief = new Img2Stl.ReliefSettings(root, limits, self.isLithophane);
        self.slicing = new Img2Stl.SliceSettings(root);
        const allFields = self.relief.all.concat(self.slicing.walls);

        //~~ the job's parameters as a whole

        let kept = {}; // what was set for the routes not chosen at the moment
        let loadedFor = null;

        self.toJson = function () {
            return {
                route: self.route(),
                photo: self.crop.toJson(),
                relief: self.relief.toJson(),
                slicing: self.slicing.toJson()
            };
        };
        const routeDefaults = function (name) {
            const route = (state().routes || {})[name];
            return route ? {relief: route.params, slicing: route.slicing} : null;
        };
        const fill = function (relief, slicing) {
            self.relief.fromJson(relief);
            self.slicing.fromJson(slicing);
        };

        // once per opened job: later answers about it must not undo what is being typed
        self.load = function (job) {
            self.crop.load(job.photo ? job.photo.url : null);
            if (loadedFor === job.id || !job.params) return;
            const params = job.params;
            const defaults = routeDefaults(params.route) || {relief: {}, slicing: {}};
            loadedFor = job.id;
            askedFor = null;
            kept = {};
            self.problem(null);
            self.preview(null);
            self.viewer.clear();
            self.route(params.route);
            self.crop.fromJson(params.photo);
            fill(
                $.extend({}, defaults.relief, params.relief),
                $.extend({}, defaults.slicing, params.slicing)
            );
        };
        self.forget = function () {
            loadedFor = null;
            askedFor = null;
            self.crop.load(null);
            self.preview(null);
            self.viewer.clear();
        };

        self.choose = function (route) {
            const name = route.name;
            if (name === self.route()) return;
            const width = self.relief.width.value();
            kept[self.route()] = {
                relief: self.relief.toJson(),
                slicing: self.slicing.toJson()
            };
            const next = kept[name] || routeDefaults(name);
            if (!next) return;
            self.route(name);
            fill(next.relief, next.slicing);
            // the size is about the wall or shelf it is meant for, not about the route
            if (width) self.relief.width.set(width);
        };
        self.isChosen = (route) => route.name === self.route();

        //~~ problems, at their field where there is one

        self.problem = ko.observable(null);
        self.isValid = ko.pureComputed(
            () => !allFields.some((item) => item.localProblem())
        );
        const fieldOf = function (problem) {
            const key = (problem.field || "").split(".").pop();
            return allFields.find((item) => item.key === key);
        };
        const showProblem = function (problem) {
            const at = fieldOf(problem);
            if (at) {
                at.serverProblem(problem);
            } else {
                self.problem(problem);
            }
            return at;
        };
        const firstBad = () => allFields.find((item) => item.hasProblem());
        const focusField = function (item) {
            if (!item) return;
            const inFold = $(document.getElementById(item.id)).closest("details");
            inFold.prop("open", true);
            Img2Stl.focus("#" + item.id);
        };

        //~~ live preview

        self.preview = ko.observable(null);
        self.previewing = ko.observable(false);
        let askedFor = null; // the key of the last request
        let failed = false;

        self.isReady = ko.pureComputed(function () {
            const job = root.job();
            return !!(job && job.photo && job.state !== "opening");
        });
        // what a preview depends on; null while there is none to be had
        const key = ko.pureComputed(function () {
            const job = root.job();
            if (!job || !self.isReady() || !root.isShowing("shape")) return null;
            if (!self.isValid() || !root.can("create")) return null;
            return JSON.stringify([
                job.id,
                {
                    route: self.route(),
                    photo: self.crop.toJson(),
                    relief: self.relief.toJson()
                }
            ]);
        });

        // one request at a time; what changed meanwhile is asked for right after it
        const askPreview = function () {
            const current = key();
            if (!current || self.previewing() || current === askedFor) return;
            const [id, params] = JSON.parse(current);
            askedFor = current;
            failed = false;
            self.previewing(true);
            OctoPrint.plugins.img2stl
                .preview(id, params)
                .done(function (answer) {
                    if (!root.job() || root.job().id !== id) return;
                    const preview = answer.preview;
                    self.preview(preview);
                    self.viewer.show(preview, self.backlit(), viewLabel(preview));
                    if (current !== key()) return;
                    self.problem(null);
                    allFields.forEach((item) => item.serverProblem(null));
                    if (preview.fits) showProblem(preview.fits);
                })
                .fail(function (xhr) {
                    const problem = Img2Stl.failure(xhr);
                    failed = true;
                    if (current === key() && problem.code !== SUPERSEDED) {
                        showProblem(problem);
                    }
                })
                .always(function () {
                    self.previewing(false);
                    askPreview();
                });
        };
        key.subscribe(function (value) {
            // coming back to this step tries again what did not work
            if (!value && failed) askedFor = null;
        });
        key.subscribe(
            _.debounce(askPreview, PREVIEW_AFTER_MS, {maxWait: PREVIEW_AT_LATEST_MS})
        );
        const viewLabel = (preview) =>
            _.sprintf(
                gettext(
                    "3D view of the shape, %(size)s. Arrow keys turn it, plus and minus zoom, Home resets."
                ),
                {size: Img2Stl.size(preview.size)}
            );

        self.sizeText = ko.pureComputed(function () {
            const preview = self.preview();
            return preview ? Img2Stl.size(preview.size) : "";
        });

        self.wantsLight = ko.observable(true);
        self.backlit = ko.pureComputed(() => self.isLithophane() && self.wantsLight());
        self.backlit.subscribe(function () {
            const preview = self.preview();
            // the grid at hand belongs to the other route while a new one is on its way
            if (!preview || preview.standing !== self.isLithophane()) return;
            self.viewer.show(preview, self.backlit(), viewLabel(preview));
        });

        //~~ make

        self.making = ko.observable(false);
        self.canMake = ko.pureComputed(function () {
            const job = root.job();
            return (
                !!job &&
                self.isReady() &&
                !self.making() &&
                root.can("create") &&
                !!(job.can && job.can.make)
            );
        });
        self.make = function () {
            if (!self.canMake()) return;
            if (!self.isValid()) {
                focusField(firstBad());
                return;
            }
            self.making(true);
            self.problem(null);
            OctoPrint.plugins.img2stl
                .make(root.job().id, self.toJson())
                .done((answer) => root.adopt(answer.job))
                .fail(function (xhr) {
                    root.show("shape");
                    focusField(showProblem(Img2Stl.failure(xhr)));
                })
                .always(() => self.making(false));
        };
    };
})(window.Img2Stl);
