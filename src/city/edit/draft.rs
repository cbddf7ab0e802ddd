//! From edits to what is written: each is checked, those of one feature become one.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use geo::{Geometry, Point};
use sha2::{Digest, Sha256};

use super::{EditFailure, EditFault, EditedFeature, Editor, FeatureChange, FeatureEdit, Plan};
use crate::{
    city::{
        City,
        recode::Boundaries,
        scenario::{Add, Alter, EditError, Move, check_place, plain_id, set_values},
    },
    domain::{FeatureState, GeometryKind, Layer, LayerId, Period, Role, Table, Value},
    index::LayerIndex,
    store::{EditConflict, FeatureWrite},
};

/// A version that stands for whatever the feature is now.
const ANY: &str = "*";

/// # Errors
/// Every edit that cannot be made, else every feature that is not what was seen.
pub(super) fn drafted(
    city: &City,
    editor: &Editor<'_>,
    edits: &[FeatureEdit],
) -> Result<Plan, EditFailure> {
    let mut drafts = Drafts {
        city,
        editor,
        all: Vec::new(),
        known: HashMap::new(),
        conflicts: Vec::new(),
    };
    let mut faults = Vec::new();
    for (number, edit) in (1..).zip(edits) {
        if let Err(error) = drafts.take(number, edit) {
            faults.push(EditFault { number, error });
        }
    }
    if !faults.is_empty() {
        return Err(EditFailure::Faults(faults));
    }
    if !drafts.conflicts.is_empty() {
        return Err(EditFailure::Conflicts(drafts.conflicts));
    }
    let features = drafts.all.iter().map(|draft| EditedFeature {
        layer: draft.layer.id.clone(),
        period: draft.period.clone(),
        id: draft.id.clone(),
        version: draft
            .after
            .as_ref()
            .map(|after| after.version(&draft.layer)),
    });
    let features = features.collect();
    let mut writes: Vec<FeatureWrite> = drafts.all;
    writes.retain(|write| write.before != write.after);
    place(city, &mut writes);
    Ok(Plan {
        writes,
        features,
        undoes: None,
    })
}

/// Names the areas around every feature that is new or moved.
pub(super) fn place(city: &City, writes: &mut [FeatureWrite]) {
    let mut boundaries = Boundaries::of(city);
    let mut rows: BTreeMap<(LayerId, Period), Vec<usize>> = BTreeMap::new();
    for (at, write) in writes.iter().enumerate() {
        let before = write.before.as_ref().map(|state| &state.geometry);
        let after = write.after.as_ref().map(|state| &state.geometry);
        if after.is_some() && before != after {
            let state = (write.layer.id.clone(), write.period.clone());
            rows.entry(state).or_default().push(at);
        }
    }
    for ((_, period), rows) in rows {
        let layer = writes[rows[0]].layer.clone();
        let mut table = Table::for_layer(&layer);
        for state in rows.iter().filter_map(|at| writes[*at].after.as_ref()) {
            table.push("", state.geometry.clone(), &state.values);
        }
        boundaries.place(&layer, &period, &mut table);
        for (row, at) in rows.into_iter().enumerate() {
            let codes = table.area_codes.iter();
            writes[at].area_codes = codes
                .filter_map(|(level, codes)| Some((level.clone(), codes.get(row)?.to_owned())))
                .collect();
        }
    }
}

/// Where an edit works: a layer at the period of its newest state at or before the one that is named.
pub(super) struct Target<'c> {
    pub layer: &'c Arc<Layer>,
    pub period: Period,
    /// `None` where the layer holds nothing.
    pub index: Option<&'c LayerIndex>,
}

impl<'c> Target<'c> {
    /// # Errors
    /// There is no such layer for whoever edits, or no data at all to tell the period by.
    pub fn find(
        city: &'c City,
        editor: &Editor<'_>,
        id: &LayerId,
        period: Option<&Period>,
    ) -> Result<Self, EditError> {
        let known = city.catalog().layer(id.as_str());
        let layer = known.filter(|layer| layer.level <= editor.clearance);
        let layer = layer.ok_or_else(|| {
            EditError::new(
                "layer",
                format!("没有图层 `{id}`"),
                format!("there is no layer `{id}`"),
            )
        })?;
        if let Some(loaded) = city.layer(id.as_str(), period) {
            return Ok(Target {
                layer,
                period: loaded.index.period().clone(),
                index: Some(&loaded.index),
            });
        }
        let mut held = city.states(id.as_str()).map(|l| l.index.period().as_str());
        if let (Some(period), Some(oldest)) = (period, held.next()) {
            let all: Vec<&str> = std::iter::once(oldest).chain(held).collect();
            let all = all.join(", ");
            return Err(EditError::new(
                "period",
                format!(
                    "“{}”在 {period} 及以前没有数据（已有时点：{all}）；新时点请用 `suitu import` 导入",
                    layer.title.zh
                ),
                format!(
                    "{id} holds nothing at or before {period}; it holds {all}: name one of them, or \
                     bring a new period with `suitu import`"
                ),
            ));
        }
        let newest = || city.periods().into_iter().next_back();
        let period = period.cloned().or_else(newest).ok_or_else(|| {
            EditError::new(
                "period",
                "城市还没有任何数据，请给出时点",
                "the city holds no data yet; name a period",
            )
        })?;
        Ok(Target {
            layer,
            period,
            index: None,
        })
    }

    pub fn state(&self, id: &str) -> Option<FeatureState> {
        let index = self.index?;
        Some(index.state(index.find(id)?))
    }
}

struct Drafts<'c, 'e> {
    city: &'c City,
    editor: &'e Editor<'e>,
    /// In the order in which the edits name them.
    all: Vec<FeatureWrite>,
    known: HashMap<(LayerId, Period, String), usize>,
    conflicts: Vec<EditConflict>,
}

impl<'c> Drafts<'c, '_> {
    fn take(&mut self, number: usize, edit: &FeatureEdit) -> Result<(), EditError> {
        let target = |layer, period: &Option<Period>| {
            Target::find(self.city, self.editor, layer, period.as_ref())
        };
        match &edit.change {
            FeatureChange::Add(add) => {
                let target = target(&add.layer, &add.period)?;
                self.add(number, &target, add)
            }
            FeatureChange::Move(moved) => {
                let target = target(&moved.layer, &moved.period)?;
                self.moved(&target, moved, edit)
            }
            FeatureChange::Alter(alter) => {
                let target = target(&alter.layer, &alter.period)?;
                self.alter(&target, alter, edit)
            }
            FeatureChange::Remove(remove) => {
                let target = target(&remove.layer, &remove.period)?;
                refuse_area(target.layer)?;
                let at = self.there(&target, &remove.id, edit.version.as_deref())?;
                self.all[at].after = None;
                Ok(())
            }
        }
    }

    fn add(&mut self, number: usize, target: &Target<'_>, add: &Add) -> Result<(), EditError> {
        let layer = target.layer;
        refuse_area(layer)?;
        refuse_shape(layer)?;
        let id = match &add.id {
            Some(id) => plain_id(id)?,
            None => self.fresh_id(number, add),
        };
        let geometry = self.point(target, (add.lon, add.lat))?;
        let mut values = vec![Value::Missing; layer.attributes.len()];
        set_values(layer, &add.values, &mut values)?;
        let lacking = layer.attributes.iter().zip(&values);
        let mut lacking = lacking.filter(|(a, value)| a.required && value.is_missing());
        if let Some((attribute, _)) = lacking.next() {
            let (id, title) = (&attribute.id, &attribute.title.zh);
            return Err(EditError::new(
                "values",
                format!("缺少必填字段 `{id}`（{title}）"),
                format!("`{id}` is missing, but the layer requires it"),
            ));
        }
        let at = self.draft(target, &id);
        let draft = &mut self.all[at];
        if draft.after.is_some() {
            return Err(EditError::new(
                "id",
                format!("编号 `{id}` 已有要素使用；请换一个，或用 `change` 修改它"),
                format!("`{id}` is there already; choose another id, or use `change`"),
            ));
        }
        draft.after = Some(FeatureState { geometry, values });
        Ok(())
    }

    fn moved(
        &mut self,
        target: &Target<'_>,
        moved: &Move,
        edit: &FeatureEdit,
    ) -> Result<(), EditError> {
        refuse_area(target.layer)?;
        refuse_shape(target.layer)?;
        let geometry = self.point(target, (moved.lon, moved.lat))?;
        let at = self.there(target, &moved.id, edit.version.as_deref())?;
        if let Some(after) = &mut self.all[at].after {
            after.geometry = geometry;
        }
        Ok(())
    }

    fn alter(
        &mut self,
        target: &Target<'_>,
        alter: &Alter,
        edit: &FeatureEdit,
    ) -> Result<(), EditError> {
        let layer = target.layer;
        let code = layer.with_role(Role::Code).filter(|_| layer.is_area());
        if code.is_some_and(|code| alter.values.contains_key(code.id.as_str())) {
            return Err(EditError::new(
                "values",
                "单元代码关系到所有要素的归属，不能在此修改；请用 `suitu import --update` 更新",
                "the code of an area decides where every feature belongs; change it by `suitu \
                 import --update`",
            ));
        }
        let at = self.there(target, &alter.id, edit.version.as_deref())?;
        match &mut self.all[at].after {
            Some(after) => set_values(layer, &alter.values, &mut after.values),
            None => Ok(()),
        }
    }

    /// A point within the city.
    fn point(
        &self,
        target: &Target<'_>,
        (lon, lat): (f64, f64),
    ) -> Result<Geometry<f64>, EditError> {
        check_place(self.city, "lon", (lon, lat), Some(&target.period))?;
        Ok(Geometry::Point(Point::new(lon, lat)))
    }

    /// The draft of a feature that must be there, and be what was seen.
    fn there(
        &mut self,
        target: &Target<'_>,
        id: &str,
        version: Option<&str>,
    ) -> Result<usize, EditError> {
        let (layer, period) = (target.layer, &target.period);
        let key = (layer.id.clone(), period.clone(), id.to_owned());
        let is_first = !self.known.contains_key(&key);
        let at = self.draft(target, id);
        let draft = &self.all[at];
        let Some(state) = &draft.after else {
            let shown: String = id.chars().take(60).collect();
            return Err(EditError::new(
                "id",
                format!(
                    "图层“{}”里没有编号为 `{shown}` 的要素，可能已被删除",
                    layer.title.zh
                ),
                format!(
                    "{} has no feature `{shown}`; it may have been removed",
                    layer.id
                ),
            ));
        };
        // What earlier edits of the batch made of it nobody has seen.
        if !is_first {
            return Ok(at);
        }
        let Some(version) = version else {
            return Err(EditError::new(
                "version",
                "请给出读取该要素时的版本（version）",
                "name the version of the feature that you have seen, or `*` for whatever it is",
            ));
        };
        if version != ANY && version != state.version(layer).to_string() {
            self.conflicts.push(EditConflict {
                layer: layer.clone(),
                period: period.clone(),
                id: id.to_owned(),
                found: Some(state.clone()),
            });
        }
        Ok(at)
    }

    /// The draft of a feature, begun where it is the first of it.
    fn draft(&mut self, target: &Target<'_>, id: &str) -> usize {
        let (layer, period) = (target.layer, &target.period);
        let key = (layer.id.clone(), period.clone(), id.to_owned());
        *self.known.entry(key).or_insert_with(|| {
            let state = target.state(id);
            self.all.push(FeatureWrite {
                layer: layer.clone(),
                period: period.clone(),
                id: id.to_owned(),
                before: state.clone(),
                after: state,
                area_codes: BTreeMap::new(),
            });
            self.all.len() - 1
        })
    }

    /// An id for a feature that comes without one: no other edit of this commit or another has it.
    fn fresh_id(&self, number: usize, add: &Add) -> String {
        let named = serde_json::to_vec(&(self.city.version(), number, add)).unwrap_or_default();
        let hash = Sha256::digest(named);
        let hex = hash[..6].iter().map(|byte| format!("{byte:02x}"));
        format!("e{}", hex.collect::<String>())
    }
}

/// What other features are placed in is changed by an import, which places them anew.
fn refuse_area(layer: &Layer) -> Result<(), EditError> {
    if !layer.is_area() {
        return Ok(());
    }
    let (zh, id) = (&layer.title.zh, &layer.id);
    Err(EditError::new(
        "layer",
        format!(
            "“{zh}”是统计单元，增删或改边界请用 `suitu import --update`，所有要素会随之重新归属"
        ),
        format!(
            "{id} are areas: add, remove or redraw them by `suitu import --update`, which places \
             every feature anew"
        ),
    ))
}

fn refuse_shape(layer: &Layer) -> Result<(), EditError> {
    if layer.geometry == GeometryKind::Point {
        return Ok(());
    }
    let (zh, id) = (&layer.title.zh, &layer.id);
    Err(EditError::new(
        "layer",
        format!(
            "“{zh}”不是点图层，不能在此增加或移动；请在桌面软件中编辑，或用 `suitu import --update`"
        ),
        format!(
            "{id} is no layer of points: draw in a desktop program, or bring in a file with \
             `suitu import --update`"
        ),
    ))
}
