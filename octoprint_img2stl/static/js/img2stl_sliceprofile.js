(function (Img2Stl) {
    "use strict";

    const NONE = ""; // <option> values are text; stands for no profile
    const WALLS = "walls";

    const profilesOf = (root) => (root.state() || {}).profiles || [];

    // Which saved profile a slice takes its settings from, and which of the plain choices
    // count all the same.
    Img2Stl.SliceProfile = function (root) {
        const self = this;
        let isByHand = false; // then no default profile takes its place

        self.id = ko.observable(NONE);
        self.over = ko.observableArray([]); // names of plain choices
        self.isUsed = ko.pureComputed(() => self.id() !== NONE);
        self.view = ko.pureComputed(
            () => profilesOf(root).find((profile) => profile.id === self.id()) || null
        );
        self.isMissing = ko.pureComputed(() => self.isUsed() && !self.view());
        self.name = ko.pureComputed(() =>
            self.view() ? self.view().name : gettext("A profile that was deleted")
        );
        self.options = ko.pureComputed(function () {
            const offered = profilesOf(root).filter(
                (profile) => profile.usable || profile.id === self.id()
            );
            return [
                {value: NONE, label: gettext("Plain settings")},
                ...offered.map((each) => ({value: each.id, label: each.name})),
                ...(self.isMissing() ? [{value: self.id(), label: self.name()}] : [])
            ];
        });
        // what is chosen in the form
        self.picked = ko.pureComputed({
            read: self.id,
            write: function (id) {
                isByHand = true;
                self.id(id);
            }
        });
        self.problem = ko.pureComputed(function () {
            if (self.isMissing()) {
                return gettext(
                    "The profile that this was made with was deleted. Choose another one, or the plain settings."
                );
            }
            if (!self.view() || self.view().usable) return "";
            return _.sprintf(
                gettext(
                    "This profile is for %(slicer)s, which is not installed here. Choose another one, or the plain settings."
                ),
                {slicer: self.view().engine_label}
            );
        });
        self.slicerText = ko.pureComputed(() =>
            self.view() && self.view().usable
                ? _.sprintf(gettext("Sliced with %(slicer)s"), {
                      slicer: self.view().engine_label
                  })
                : ""
        );

        // where it contradicts OctoPrint's printer profile
        self.differsText = ko.pureComputed(function () {
            const differs = self.view() && self.view().usable && root.machine();
            const rows = (differs && self.view().contradictions) || [];
            return rows.length ? Img2Stl.contradictionText(root.machine().name) : "";
        });
        self.compare = () => root.profiles.compare(self.view());

        self.mayChoose = ko.pureComputed(() => root.can("create"));
        self.addPrinter = () => root.profiles.open("vendor");
        self.bringFile = () => root.profiles.open("file");
        self.manage = () => root.profiles.open("list");

        // whether the plain choice is left to the profile
        self.decides = (name) => self.isUsed() && !self.over().includes(name);
        self.leave = (name) => self.over.remove(name);
        self.putOver = function (name) {
            if (self.isUsed() && !self.over().includes(name)) self.over.push(name);
        };

        // the profile that is usual for a material on this printer; says whether it was taken
        self.takeDefault = function (material) {
            const id = ((root.state() || {}).profile_defaults || {})[material];
            const found = profilesOf(root).find((profile) => profile.id === id);
            if (isByHand || !found || !found.usable) return false;
            self.leave("material");
            self.id(id);
            return true;
        };

        // walls: whether their number counts over the profile's
        self.toJson = (walls) => ({
            profile: self.id(),
            over: self.isUsed() ? self.over().concat(walls ? WALLS : []) : []
        });
        self.fromJson = function (slicing) {
            const id = slicing.profile || NONE;
            const usual = _.values((root.state() || {}).profile_defaults);
            if (id !== self.id.peek()) isByHand = id !== NONE && !usual.includes(id);
            self.over(_.without(slicing.over || [], WALLS));
            self.id(id);
        };
        self.forget = function () {
            isByHand = false;
            self.id(NONE);
            self.over([]);
        };
    };

    // what the server said of a profile just now, before its whole state is asked for again
    Img2Stl.noteProfile = function (root, view) {
        const others = profilesOf(root).filter((profile) => profile.id !== view.id);
        const listed = _.omit(view, "values", "problems");
        root.state($.extend({}, root.state(), {profiles: [...others, listed]}));
    };

    // Takes a profile that was just saved, or chosen in a list, for what is open.
    Img2Stl.takeProfile = function (root, view) {
        Img2Stl.noteProfile(root, view);
        [root.shape, root.meshShape].forEach((step) => step.slicing.profile.picked(view.id));
    };
})(window.Img2Stl);
