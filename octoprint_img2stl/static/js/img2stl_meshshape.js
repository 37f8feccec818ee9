(function (Img2Stl) {
    "use strict";

    const OF_FILE = ["unit", "up", "size_by", "size"]; // settings that say how a file is read

    // The step in which a mesh is made ready: what repair did, what is found, how large it
    // gets and how it stands, Make.
    Img2Stl.MeshShape = function (root) {
        const self = this;
        const state = () => root.state() || {};
        const open = ko.pureComputed(function () {
            const job = root.job();
            return job && (job.kind === "mesh" || Img2Stl.isSolid(job)) ? job : null;
        });
        const mesh = ko.pureComputed(() => (open() && open().mesh) || null);

        // a solid of photos is looked at before it is made ready
        self.isSeen = () => root.isShowing("shape") && (root.isMesh() || root.solid.isChosen());
        self.looks = () => [root.solid.look];
        self.isOpen = ko.pureComputed(() => !!mesh() && open().state !== "opening");
        self.isOpening = ko.pureComputed(() => !!open() && open().state === "opening");
        self.options = new Img2Stl.MeshOptions(root, {
            size: ko.pureComputed(() => self.preview.size()),
            fileUnit: ko.pureComputed(() => mesh() && mesh().unit)
        });
        self.slicing = new Img2Stl.SliceSettings(root, () => "mesh");
        Img2Stl.inRoom(self.slicing.walls, "mesh");
        self.anyway = ko.observable(false); // slice it although a check says no

        //~~ the job's parameters as a whole

        let loadedFor = null;
        let loaded = null; // the settings of the mesh, as they were then
        let candidate = null; // that they belong to, of a solid

        const ofMesh = () => ({
            mesh: $.extend(self.options.toJson(), {turn: self.turn.value()}),
            slicing: self.slicing.toJson()
        });
        self.toJson = function () {
            if (!open() || open().kind === "mesh") return $.extend({route: "mesh"}, ofMesh());
            // what the solid was made of is no business of this step
            return $.extend(
                _.pick(open().params, "route", "photo", "photos", "solid"),
                ofMesh()
            );
        };
        // what a job makes of its mesh so far, for who asks for another solid; null: nothing
        self.settingsOf = (job) => (job && loadedFor === job.id ? ofMesh() : null);

        const withDefaults = function (params) {
            const route = (state().routes || {}).mesh || {};
            return {
                mesh: $.extend({}, route.params, params.mesh),
                slicing: $.extend({}, route.slicing, params.slicing)
            };
        };
        // once per opened job: later answers about it must not undo what is being typed
        self.load = function (job) {
            if (!job.mesh || !job.params || !job.params.mesh) return;
            const chosen = (job.params.solid || {}).candidate;
            if (loadedFor === job.id) {
                if (chosen !== candidate) loadOther(job, chosen);
                return;
            }
            const given = withDefaults(job.params);
            self.forget();
            loadedFor = job.id;
            candidate = chosen;
            self.options.fromJson(given.mesh);
            self.turn.set(given.mesh.turn);
            self.slicing.profile.forget();
            self.slicing.fromJson(given.slicing);
            const usual = (state().routes.mesh || {}).slicing;
            if (Img2Stl.isUntouched(job, given.slicing, usual)) {
                self.slicing.takeUsualProfile();
            }
            self.anyway(!!job.params.anyway);
            loaded = self.options.toJson();
        };
        // another solid was chosen: it stands as it came and has its own size, the rest stays
        const loadOther = function (job, chosen) {
            const given = withDefaults(job.params).mesh;
            const now = self.options.toJson();
            const own = _.pick(
                now,
                Object.keys(now).filter(
                    (key) => !OF_FILE.includes(key) && !_.isEqual(now[key], loaded[key])
                )
            );
            candidate = chosen;
            self.options.size.forget();
            self.turn.forget();
            self.options.fromJson($.extend({}, given, own));
            self.turn.set(given.turn);
            self.anyway(false);
        };
        self.forget = function () {
            loadedFor = null;
            self.problems.forget();
            self.preview.forget();
            self.turn.forget();
            self.options.size.forget();
        };

        //~~ problems, at their setting where there is one

        const allOptions = self.options.all.concat(self.slicing.walls);
        self.isValid = ko.pureComputed(
            () => !allOptions.some((option) => option.isShown() && option.localProblem())
        );
        const optionOf = function (problem) {
            const [area, key] = (problem.field || "").split(".");
            return allOptions.find(
                (option) =>
                    key === option.key &&
                    (area === "slicing") === (option === self.slicing.walls) &&
                    option.isShown()
            );
        };
        const atSettings = new Img2Stl.StepProblems(allOptions, optionOf);
        self.problem = atSettings.general;
        const goTo = atSettings.goTo;
        // the same, but for what is shown at the turn, which is no setting like the others
        self.problems = {
            show: function (problem) {
                if ((problem.field || "") !== "mesh.turn") return atSettings.show(problem);
                self.turn.problem(problem);
                return null;
            },
            forget: function () {
                atSettings.forget();
                self.turn.problem(null);
            }
        };

        //~~ what a problem offers to set

        self.applyFix = function (field, suggest) {
            const [area, key] = (field || "").split(".");
            let done = false;
            Img2Stl.frames.input();
            if (area === "slicing") {
                done = Img2Stl.fixSlicing(self.slicing, key, suggest);
            } else if (area === "mesh" && key === "turn") {
                self.turn.to(suggest);
                done = true;
            } else if (area === "mesh") {
                done = self.options.fix(key, suggest);
            }
            if (done) root.announcement(gettext("Changed. It is being checked again."));
            return done;
        };
        // whether there is something to set, for those who may
        self.canFix = (problem) =>
            root.can("create") &&
            /^(mesh|slicing)\./.test((problem && problem.field) || "") &&
            problem.suggest !== null &&
            problem.suggest !== undefined;
        self.fixText = (problem) => fixText(problem.field, problem.suggest);
        const fixText = function (field, suggest) {
            const size = self.preview.size();
            if (field !== "mesh.size" || !size) return Img2Stl.fixText(field, suggest);
            return _.sprintf(gettext("Scale it to %(size)s"), {
                size: Img2Stl.size(size.map((side) => (side * suggest) / 100))
            });
        };
        self.fix = (problem) => self.applyFix(problem.field, problem.suggest);

        self.preview = new Img2Stl.MeshPreview(root, self);
        self.turn = new Img2Stl.MeshTurn(root, self);
        self.findings = new Img2Stl.Findings(self.preview.view, self.preview.findings, {
            id: "img2stl-ready",
            onFix: self.applyFix,
            fixText: fixText,
            canFix: (field) => root.can("create") && /^(mesh|slicing)\./.test(field)
        });
        // what a search for ways to stand was about has changed
        ko.pureComputed(() => JSON.stringify(self.toJson().mesh))
            .extend({deferred: true})
            .subscribe(() => self.turn.forgetIfOther());

        //~~ the file and its repair, in words

        const number = Img2Stl.number;
        // what was asked about the file, but not what was answered
        self.notices = ko.pureComputed(function () {
            const chosen = self.options.toJson();
            return ((mesh() && mesh().notices) || []).filter(
                (notice) =>
                    !self.canFix(notice) ||
                    chosen[notice.field.split(".")[1]] !== notice.suggest
            );
        });
        self.fileText = ko.pureComputed(function () {
            if (!mesh()) return "";
            const told = [
                mesh().format,
                Img2Stl.size(mesh().size),
                _.sprintf(gettext("%(count)s triangles"), {
                    count: number(mesh().triangles, 0)
                })
            ];
            if (mesh().parts > 1) {
                told.push(
                    _.sprintf(ngettext("%(count)d part", "%(count)d parts", mesh().parts), {
                        count: mesh().parts
                    })
                );
            }
            return told.join(" · ");
        });
        self.repair = ko.pureComputed(function () {
            const latest = self.preview.latest();
            return (latest && latest.repair) || (mesh() && mesh().repair) || null;
        });
        const told = (read) =>
            ko.pureComputed(() => (self.repair() ? read(self.repair()) : ""));
        self.repairChanges = ko.pureComputed(() =>
            self.repair() ? self.repair().changes || [] : []
        );
        // warnings are to be read; the rest is there for who wants to know
        const changesThat = (wanted) =>
            ko.pureComputed(() => self.repairChanges().filter(wanted));
        self.repairWarnings = changesThat((change) => change.severity !== "info");
        self.repairNotes = changesThat((change) => change.severity === "info");
        self.isRepairOff = ko.pureComputed(() => self.options.repair.value() === "off");
        self.repairLabel = told((repair) => repair.label || repair.stage);
        const percent = (value) =>
            _.sprintf(gettext("%(value)s %%"), {
                value: value > 0 && value < 0.1 ? "< " + number(0.1) : number(value, 1)
            });
        self.repairFigures = told(function (repair) {
            const figures = [];
            const say = (text, value) => figures.push(_.sprintf(text, {value: value}));
            if (!self.repairChanges().length && !(repair.largest_move > 0)) return "";
            say(gettext("lost %(value)s"), percent(repair.lost_percent || 0));
            if (repair.added_percent > 0) {
                say(gettext("added %(value)s"), percent(repair.added_percent));
            }
            say(
                gettext("largest move %(value)s"),
                Img2Stl.withUnit(repair.largest_move || 0, gettext("mm"), 2)
            );
            if (repair.caps_percent > 0) {
                say(gettext("%(value)s of the surface was closed"), percent(repair.caps_percent));
            }
            if (repair.self_intersections > 0) {
                say(gettext("cuts itself in %(value)s places"), number(repair.self_intersections, 0));
            }
            return figures.join(", ");
        });
        self.undoRepair = () => self.options.repair.set("off");
        self.repairAgain = () => self.options.repair.set("auto");

        self.floatersText = told(function (repair) {
            const all = repair.floaters || [];
            const kept = all.filter((part) => part.kept).length;
            const count = all.length;
            // the repair may have said so itself
            const isSaid = self
                .repairChanges()
                .some((change) => /floater/.test(change.code));
            if (!count || isSaid) return "";
            return kept
                ? _.sprintf(
                      ngettext(
                          "%(count)d small loose part is kept.",
                          "%(count)d small loose parts are kept.",
                          kept
                      ),
                      {count: kept}
                  )
                : _.sprintf(
                      ngettext(
                          "%(count)d small loose part was left out.",
                          "%(count)d small loose parts were left out.",
                          count
                      ),
                      {count: count}
                  );
        });
        self.hasFloaters = ko.pureComputed(
            () => !!self.repair() && (self.repair().floaters || []).length > 0
        );
        self.keepsFloaters = self.options.keepFloaters.value;
        self.keepFloaters = () => self.keepsFloaters(true);
        self.dropFloaters = () => self.keepsFloaters(false);

        // what making it ready did, at the setting it is about
        const isAbout = (note, key) =>
            [note.field, note.code].includes("mesh." + key);
        self.cutNotes = ko.pureComputed(() =>
            self.preview.notes().filter((note) => isAbout(note, "base_cut"))
        );
        self.otherNotes = ko.pureComputed(() =>
            self.preview.notes().filter((note) => !isAbout(note, "base_cut"))
        );
        // how much a cut of the base would gain, where a check proposes one
        self.cutOffer = ko.pureComputed(() => {
            const offers = self.preview
                .findings()
                .filter((problem) => isAbout(problem, "base_cut") && self.canFix(problem));
            return offers[0] || null;
        });

        //~~ make

        self.making = ko.observable(false);
        self.canMake = ko.pureComputed(function () {
            const job = open();
            return (
                !!job &&
                self.isOpen() &&
                !self.making() &&
                root.can("create") &&
                !!(job.can && job.can.make) &&
                (self.preview.isPrintable() || self.anyway())
            );
        });
        self.make = function () {
            if (!self.canMake()) return;
            if (!self.isValid()) {
                goTo(
                    allOptions.find((option) => option.isShown() && option.hasProblem())
                );
                return;
            }
            self.making(true);
            self.problem(null);
            OctoPrint.plugins.img2stl
                .make(root.job().id, $.extend({anyway: self.anyway()}, self.toJson()))
                .done((answer) => root.adopt(answer.job))
                .fail(function (xhr) {
                    root.show("shape");
                    goTo(self.problems.show(Img2Stl.failure(xhr)));
                })
                .always(() => self.making(false));
        };
    };
})(window.Img2Stl);
